package zap.server.gateway.tls;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.ssl.JksSslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.PemSslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.PropertiesSslBundle;
import org.springframework.boot.autoconfigure.ssl.SslProperties;
import org.springframework.boot.io.ApplicationResourceLoader;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.core.io.ResourceLoader;
import org.springframework.stereotype.Component;

/**
 * The files of the SSL bundles, read again. Spring Boot notices a changed file. It does not notice that the file's
 * folder, or a link on the path to it, was replaced, as certbot and Kubernetes do.
 */
@Component
final class BundleFiles {

    private final SslProperties properties;
    private final ResourceLoader resources;

    BundleFiles(SslProperties properties, ResourceLoader resources) {
        this.properties = properties;
        // As Spring Boot reads them: a path is one in the file system.
        this.resources = ApplicationResourceLoader.get(resources, true);
    }

    /**
     * Reads the files of a bundle.
     *
     * @return null when the properties name no files for this bundle
     */
    @Nullable
    SslBundle read(String bundle) {
        PemSslBundleProperties pem = properties.getBundle().getPem().get(bundle);
        if (pem != null) {
            return PropertiesSslBundle.get(pem, resources);
        }
        JksSslBundleProperties jks = properties.getBundle().getJks().get(bundle);
        return jks == null ? null : PropertiesSslBundle.get(jks, resources);
    }

    /** Returns whether a renewed bundle is to be used while the server runs. */
    boolean isReloaded(String bundle) {
        PemSslBundleProperties pem = properties.getBundle().getPem().get(bundle);
        JksSslBundleProperties jks = properties.getBundle().getJks().get(bundle);
        return pem != null ? pem.isReloadOnUpdate() : jks != null && jks.isReloadOnUpdate();
    }
}
