package zap.server.testing;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A certificate authority of its own, which signs every request: with the JDK's keytool, in this process. */
public final class TestAuthority {

    private static final String PASSWORD = "changeit";
    private static final String AUTHORITY = "authority";

    private final Path folder;
    private final Path store;
    private int issued;

    /**
     * A signed certificate and its key.
     *
     * @param certificate PEM, followed by the authority's
     * @param privateKey PEM
     */
    public record Issued(String certificate, String privateKey, X509Certificate x509, SSLContext server) {

        /** Puts both into a folder as cert.pem and key.pem, each in one move. */
        public Issued into(Path folder) {
            put(privateKey, folder.resolve("key.pem"));
            put(certificate, folder.resolve("cert.pem"));
            return this;
        }
    }

    /** @param folder the folder of its keys; made when it does not exist */
    public TestAuthority(Path folder, String name) {
        try {
            this.folder = Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.store = folder.resolve("authority.p12");
        keytool("-genkeypair", "-alias", AUTHORITY, "-dname", "CN=" + name, "-ext", "bc:c", "-validity", "3650");
    }

    /** Issues a certificate for the server of the tests, for the 90 days that keytool gives. */
    public Issued forLocalhost() {
        return issue("dns:localhost,ip:127.0.0.1");
    }

    /**
     * Issues a certificate for these names.
     *
     * @param names in the form of keytool's {@code san}
     * @param more words for keytool: {@code -startdate -3d -validity 1} for one that has expired
     */
    public Issued issue(String names, String... more) {
        String alias = "issued-" + ++issued;
        var words = new ArrayList<String>(List.of(
                "-genkeypair",
                "-alias",
                alias,
                "-dname",
                "CN=zap server",
                "-signer",
                AUTHORITY,
                "-ext",
                "san=" + names));
        words.addAll(List.of(more));
        keytool(words.toArray(String[]::new));
        try {
            KeyStore keys = keys();
            Certificate[] chain = keys.getCertificateChain(alias);
            var pem = new StringBuilder();
            for (Certificate certificate : chain) {
                pem.append(pem("CERTIFICATE", certificate.getEncoded()));
            }
            var key = keys.getKey(alias, PASSWORD.toCharArray());
            KeyStore alone = KeyStore.getInstance("PKCS12");
            alone.load(null, null);
            alone.setKeyEntry(alias, key, PASSWORD.toCharArray(), chain);
            KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
            managers.init(alone, PASSWORD.toCharArray());
            SSLContext server = SSLContext.getInstance("TLS");
            server.init(managers.getKeyManagers(), null, null);
            return new Issued(pem.toString(), pem("PRIVATE KEY", key.getEncoded()), (X509Certificate) chain[0], server);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns the file with its own certificate, for peers that trust it. */
    public Path certificate() {
        Path file = folder.resolve("authority.pem");
        try {
            put(pem("CERTIFICATE", keys().getCertificate(AUTHORITY).getEncoded()), file);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
        return file;
    }

    /** Returns a context that trusts only this authority. */
    public SSLContext trust() {
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry(AUTHORITY, keys().getCertificate(AUTHORITY));
            TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
            managers.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private KeyStore keys() throws GeneralSecurityException, IOException {
        try (InputStream in = new ByteArrayInputStream(Files.readAllBytes(store))) {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(in, PASSWORD.toCharArray());
            return keys;
        }
    }

    private void keytool(String... words) {
        var all = new ArrayList<>(List.of(words));
        all.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1"));
        all.addAll(List.of("-storetype", "PKCS12", "-keystore", store.toString(), "-storepass", PASSWORD));
        try {
            Class.forName("sun.security.tools.keytool.Main")
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) all.toArray(String[]::new));
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("keytool " + String.join(" ", words), e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String pem(String what, byte[] bytes) {
        String text = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(bytes);
        return "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n";
    }

    private static void put(String text, Path file) {
        try {
            Path making = Files.writeString(file.resolveSibling(file.getFileName() + ".making"), text);
            Files.move(making, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
