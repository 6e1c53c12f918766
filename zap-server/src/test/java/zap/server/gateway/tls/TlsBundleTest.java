package zap.server.gateway.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.ssl.SslProperties;
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
import org.springframework.core.io.DefaultResourceLoader;
import zap.server.gateway.settings.GatewayProperties;
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

    private TlsBundle tls(GatewayProperties properties) {
        return tls(properties, new SslProperties());
    }

    private TlsBundle tls(GatewayProperties properties, SslProperties files) {
        return new TlsBundle(
                properties, bundles, new BundleFiles(files, new DefaultResourceLoader()), Clock.systemUTC());
    }

    /** The bundle that these files make, registered as Spring Boot does. */
    private TlsBundle following(Path folder, boolean reload) {
        SslProperties files = new Binder(new MapConfigurationPropertySource(Map.of(
                        "spring.ssl.bundle.pem.zap.reload-on-update", String.valueOf(reload),
                        "spring.ssl.bundle.pem.zap.keystore.certificate",
                                folder.resolve("cert.pem").toString(),
                        "spring.ssl.bundle.pem.zap.keystore.private-key",
                                folder.resolve("key.pem").toString())))
                .bindOrCreate("spring.ssl", SslProperties.class);
        bundles.registerBundle("zap", new BundleFiles(files, new DefaultResourceLoader()).read("zap"));
        return tls(withBundle("zap"), files);
    }

    /** As certbot and Kubernetes do: the files are new ones in a new folder, and a link to the folder is replaced. */
    private static void lead(Path link, Path folder) throws IOException {
        Path making = Files.createSymbolicLink(link.resolveSibling("making"), folder);
        Files.move(making, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void aCertificateBehindALinkThatIsReplacedIsTakenWhenTwoLooksHaveSeenItAndSoIsTheNext(@TempDir Path folder)
            throws IOException {
        var authority = new TestAuthority(folder.resolve("authority"), "CA");
        Path live = folder.resolve("live");
        for (String name : List.of("first", "second", "third")) {
            authority.issue("dns:" + name + ".example").into(Files.createDirectory(folder.resolve(name)));
        }
        lead(live, folder.resolve("first"));
        TlsBundle bundle = following(live, true);

        for (String name : List.of("second", "third")) {
            bundle.poll();
            String before = bundle.certificate();
            lead(live, folder.resolve(name));
            bundle.poll();
            assertThat(bundle.certificate()).isEqualTo(before);
            bundle.poll();
            assertThat(bundle.certificate()).startsWith("for " + name + ".example, ");
            assertThat(bundle.trouble()).isNull();
        }
    }

    @Test
    void aFolderThatIsReplacedIsNoticedToo(@TempDir Path folder) throws IOException {
        var authority = new TestAuthority(folder.resolve("authority"), "CA");
        Path live = Files.createDirectory(folder.resolve("live"));
        authority.issue("dns:first.example").into(live);
        TlsBundle bundle = following(live, true);
        Files.move(live, folder.resolve("old"));
        bundle.poll();
        bundle.poll();
        assertThat(bundle.trouble()).contains("cannot be used", "nothing changes");
        authority.issue("dns:second.example").into(Files.createDirectory(live));
        bundle.poll();
        bundle.poll();

        assertThat(bundle.certificate()).startsWith("for second.example, ");
        assertThat(bundle.trouble()).isNull();
    }

    @Test
    void aCertificateThatHasExpiredOrDoesNotFitItsKeyIsNotTakenAndToldOfUntilItIsMended(@TempDir Path folder)
            throws IOException {
        var authority = new TestAuthority(folder.resolve("authority"), "CA");
        Path live = Files.createDirectory(folder.resolve("live"));
        TestAuthority.Issued good = authority.issue("dns:good.example").into(live);
        TlsBundle bundle = following(live, true);

        authority
                .issue("dns:old.example", "-startdate", "-3d", "-validity", "1")
                .into(live);
        bundle.poll();
        bundle.poll();
        assertThat(bundle.trouble()).contains("old.example", "has expired");

        Files.writeString(live.resolve("key.pem"), good.privateKey());
        bundle.poll();
        bundle.poll();
        assertThat(bundle.trouble()).contains("old.example", "not that of its certificate");

        Files.delete(live.resolve("key.pem"));
        bundle.poll();
        bundle.poll();
        assertThat(bundle.trouble()).contains("key.pem");
        assertThat(bundle.certificate()).startsWith("for good.example, ");

        good.into(live);
        bundle.poll();
        assertThat(bundle.trouble()).isNull();
    }

    /** Spring Boot's own watching hands over what it has read without a look at the dates. */
    @Test
    void whatSpringBootHasReadIsNotTakenEitherWhenItHasExpired(@TempDir Path folder) {
        var authority = new TestAuthority(folder, "CA");
        bundles.registerBundle("zap", bundle(authority.issue("dns:good.example"), SslOptions.NONE));
        TlsBundle bundle = tls(withBundle("zap"));
        bundles.updateBundle(
                "zap",
                bundle(authority.issue("dns:old.example", "-startdate", "-3d", "-validity", "1"), SslOptions.NONE));

        assertThat(bundle.certificate()).startsWith("for good.example, ");
        assertThat(bundle.trouble()).contains("has expired");
    }

    @Test
    void withoutReloadingWhatIsOnDiskIsToldOfAndNotTaken(@TempDir Path folder) throws IOException {
        var authority = new TestAuthority(folder.resolve("authority"), "CA");
        Path live = Files.createDirectory(folder.resolve("live"));
        authority.issue("dns:first.example").into(live);
        TlsBundle bundle = following(live, false);
        authority.issue("dns:second.example").into(live);
        bundle.poll();
        bundle.poll();

        assertThat(bundle.certificate()).startsWith("for first.example, ");
        assertThat(bundle.trouble()).contains("second.example", "reload-on-update is off");
    }

    @Test
    void aKeyOfAnotherCertificateEndsTheStart(@TempDir Path folder) {
        var authority = new TestAuthority(folder, "CA");
        TestAuthority.Issued one = authority.issue("dns:one.example");
        TestAuthority.Issued other = authority.issue("dns:other.example");
        PemSslStore mixed = PemSslStore.load(
                PemSslStoreDetails.forCertificate(one.certificate()).withPrivateKey(other.privateKey()));
        bundles.registerBundle("zap", SslBundle.of(new PemSslStoreBundle(mixed, null)));

        assertThatThrownBy(() -> tls(withBundle("zap")))
                .isInstanceOf(CannotUseBundleException.class)
                .hasMessageContaining("not that of its certificate (for one.example");
    }

    @Test
    void aBundleThatSpringBootCannotReadIsToldInOneMessage() {
        var unreadable = new IllegalStateException(
                "Unable to register SSL bundle 'zap'", new IllegalStateException("Private key doesn't match"));
        FailureAnalysis analysis = new BundleNotReadFailureAnalyzer()
                .analyze(new IllegalStateException("Unable to start web server", unreadable));
        assertThat(analysis).isNotNull();
        assertThat(analysis.getDescription()).contains("\"zap\"", "Private key doesn't match");
        assertThat(analysis.getAction()).contains("private-key-password", "PEM");
        assertThat(new BundleNotReadFailureAnalyzer().analyze(new IllegalStateException("something else")))
                .isNull();
    }

    @Test
    void withoutANameThereIsNone() {
        assertThat(tls(properties(Map.of())).isThere()).isFalse();
        assertThat(tls(withBundle("")).isThere()).isFalse();
    }

    @Test
    void aNameThatNoBundleHasEndsTheStartWithWhatToDo() {
        Throwable failure = catchThrowable(() -> tls(withBundle("zap")));

        FailureAnalysis analysis = new CannotUseBundleFailureAnalyzer().analyze(failure);
        assertThat(analysis.getDescription()).contains("\"zap\"", "cannot be used for TLS");
        assertThat(analysis.getAction()).contains("spring.ssl.bundle.pem.zap.keystore.certificate", "./zap certs");
    }

    @Test
    void aBundleWithoutAKeyOrWithOldProtocolsAloneCannotBeUsed(@TempDir Path folder) {
        bundles.registerBundle("empty", SslBundle.of(SslStoreBundle.NONE));
        assertThatThrownBy(() -> tls(withBundle("empty")))
                .isInstanceOf(CannotUseBundleException.class)
                .hasMessageContaining("no certificate");

        TestAuthority.Issued issued = new TestAuthority(folder, "CA").forLocalhost();
        bundles.registerBundle("old", bundle(issued, SslOptions.of(null, new String[] {"TLSv1.1"})));
        assertThatThrownBy(() -> tls(withBundle("old")))
                .isInstanceOf(CannotUseBundleException.class)
                .hasMessageContaining("TLSv1.1");
    }

    @Test
    void itSaysWhatItsCertificateIsForAndARenewalThatCannotBeUsedChangesNothing(@TempDir Path folder) {
        var authority = new TestAuthority(folder, "CA");
        bundles.registerBundle("zap", bundle(authority.issue("dns:chat.example"), SslOptions.NONE));
        var bundle = tls(withBundle("zap"));
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
