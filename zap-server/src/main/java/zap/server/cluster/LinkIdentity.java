package zap.server.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Predicate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The key and the certificate of a running node, for links between nodes. Both are new with each start, and never on a
 * disk for longer than it takes to read them.
 */
final class LinkIdentity {

    private static final Logger log = LoggerFactory.getLogger(LinkIdentity.class);

    private static final String ALIAS = "node";

    /** The name of the environment variable for keytool. An argument could be read by all users of the machine. */
    private static final String PASSWORD = "ZAP_LINK_PASSWORD";

    private final KeyManagerFactory keys;
    private final String fingerprint;

    private LinkIdentity(KeyManagerFactory keys, String fingerprint) {
        this.keys = keys;
        this.fingerprint = fingerprint;
    }

    /**
     * Makes a key and a certificate, with the JDK's keytool. Takes about a second.
     *
     * @throws IOException when keytool cannot run
     */
    static LinkIdentity create() throws IOException, GeneralSecurityException, InterruptedException {
        byte[] random = new byte[16];
        new SecureRandom().nextBytes(random);
        String password = HexFormat.of().formatHex(random);
        Path folder = Files.createTempDirectory("zap-link");
        Path file = folder.resolve("node.p12");
        try {
            keytool(file, password);
            KeyStore store = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(file)) {
                store.load(in, password.toCharArray());
            }
            var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, password.toCharArray());
            return new LinkIdentity(keys, fingerprintOf((X509Certificate) store.getCertificate(ALIAS)));
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(folder);
        }
    }

    private static void keytool(Path file, String password) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        ALIAS,
                        "-dname",
                        "CN=zap node",
                        "-validity",
                        "3650",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass:env",
                        PASSWORD,
                        "-J-XX:TieredStopAtLevel=1",
                        "-J-XX:+UseSerialGC"))
                .redirectErrorStream(true);
        builder.environment().put(PASSWORD, password);
        builder.environment().remove("JDK_JAVA_OPTIONS"); // it is meant for the server
        Process process = builder.start();
        try {
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IOException("keytool: " + output.strip());
            }
        } finally {
            process.destroyForcibly();
        }
    }

    /** Returns the SHA-256 of the certificate, in hexadecimal digits. */
    String fingerprint() {
        return fingerprint;
    }

    /**
     * Returns the TLS settings of one side of links.
     *
     * @param trusted the fingerprints of certificates that the other side may have
     */
    SSLContext context(Predicate<String> trusted) throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keys.getKeyManagers(), new TrustManager[] {new Trust(trusted)}, null);
        return context;
    }

    private static String fingerprintOf(X509Certificate certificate) throws GeneralSecurityException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
    }

    /** Trusts the certificates of nodes and no others, for what the database says of them and not for their issuers. */
    private record Trust(Predicate<String> trusted) implements X509TrustManager {

        private void check(X509Certificate[] chain) throws CertificateException {
            String shown;
            try {
                shown = fingerprintOf(chain[0]);
            } catch (CertificateException e) {
                throw e;
            } catch (GeneralSecurityException e) {
                throw new CertificateException(e);
            }
            if (!trusted.test(shown)) {
                log.debug("The certificate {} is of no node in the database", shown);
                throw new CertificateException("no node in the database has this certificate");
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            check(chain);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
