package zap.server.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundleKey;
import org.springframework.boot.ssl.SslOptions;
import org.springframework.boot.ssl.SslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStore;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;
import zap.server.testing.TestAuthority;

class TlsBundleTest {

    private final DefaultSslBundleRegistry bundles = new DefaultSslBundleRegistry();

    private static GatewayProperties properties(Map<String, String> properties) {
        return new Binder(new MapConfigurationPropertySource(properties))
                .bindOrCreate("zap.gateway", GatewayProperties.class);
    }

    private static GatewayProperties withBundle(String name) {
        return properties(Map.of("zap.gateway.tls-bundle", name));
    }

    private static SslBundle bundle(TestAuthority.Issued issued, SslOptions options) {
        PemSslStore keys = PemSslStore.load(
                PemSslStoreDetails.forCertificate(issued.certificate()).withPrivateKey(issued.privateKey()));
        return SslBundle.of(new PemSslStoreBundle(keys, null), SslBundleKey.NONE, options);
    }

    @Test
    void withoutANameThereIsNone() {
        assertThat(new TlsBundle(properties(Map.of()), bundles).isThere()).isFalse();
        assertThat(new TlsBundle(withBundle(""), bundles).isThere()).isFalse();
    }

    @Test
    void aNameThatNoBundleHasEndsTheStartWithWhatToDo() {
        Throwable failure = catchThrowable(() -> new TlsBundle(withBundle("zap"), bundles));

        FailureAnalysis analysis = new CannotUseBundleFailureAnalyzer().analyze(failure);
        assertThat(analysis.getDescription()).contains("\"zap\"", "cannot be used for TLS");
        assertThat(analysis.getAction()).contains("spring.ssl.bundle.pem.zap.keystore.certificate", "./zap certs");
    }

    @Test
    void aBundleWithoutAKeyOrWithOldProtocolsAloneCannotBeUsed(@TempDir Path folder) {
        bundles.registerBundle("empty", SslBundle.of(SslStoreBundle.NONE));
        assertThatThrownBy(() -> new TlsBundle(withBundle("empty"), bundles))
                .isInstanceOf(CannotUseBundleException.class)
                .hasMessageContaining("no certificate");

        TestAuthority.Issued issued = new TestAuthority(folder, "CA").forLocalhost();
        bundles.registerBundle("old", bundle(issued, SslOptions.of(null, new String[] {"TLSv1.1"})));
        assertThatThrownBy(() -> new TlsBundle(withBundle("old"), bundles))
                .isInstanceOf(CannotUseBundleException.class)
                .hasMessageContaining("TLSv1.1");
    }

    @Test
    void itSaysWhatItsCertificateIsForAndARenewalThatCannotBeUsedChangesNothing(@TempDir Path folder) {
        var authority = new TestAuthority(folder, "CA");
        bundles.registerBundle("zap", bundle(authority.issue("dns:chat.example"), SslOptions.NONE));
        var bundle = new TlsBundle(withBundle("zap"), bundles);
        assertThat(bundle.certificate()).startsWith("for chat.example, until ");

        bundles.updateBundle("zap", SslBundle.of(SslStoreBundle.NONE));
        assertThat(bundle.certificate()).startsWith("for chat.example, until ");

        bundles.updateBundle("zap", bundle(authority.issue("dns:new.example,ip:10.0.0.7"), SslOptions.NONE));
        assertThat(bundle.certificate()).startsWith("for new.example, 10.0.0.7, until ");
    }

    @Test
    void thePlainPortsCanBeOffAndNotAllOfThem() {
        var off = Map.of("zap.gateway.port", "-1", "zap.gateway.recv-port", "-1", "zap.gateway.tls-bundle", "zap");
        assertThat(properties(off).tlsPort()).isEqualTo(7779);

        assertThatThrownBy(() -> properties(Map.of("zap.gateway.port", "-1", "zap.gateway.recv-port", "-1")))
                .isInstanceOf(BindException.class)
                .rootCause()
                .hasMessageContaining("nothing is left to listen on");
    }
}
