package zap.kit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * The certificate with which a program of the kit shows itself to clients: the files that {@code ./zap certs} makes, or
 * others.
 */
public final class ListenerCertificate {

    private static final Pattern KEY =
            Pattern.compile("-----BEGIN ([A-Z ]*PRIVATE KEY)-----([A-Za-z0-9+/=\\s]*)-----END [A-Z ]*-----");
    private static final String READABLE_KEY = "PRIVATE KEY";

    private ListenerCertificate() {}

    /**
     * Reads both files, in PEM.
     *
     * @param certificates the listener's own, then those that signed it
     * @param key in PKCS #8, not encrypted
     * @throws WrongUsageException when they cannot be used, with the reason
     */
    public static SSLContext read(Path certificates, Path key) {
        try (InputStream in = Files.newInputStream(certificates)) {
            Certificate[] chain = CertificateFactory.getInstance("X.509")
                    .generateCertificates(in)
                    .toArray(Certificate[]::new);
            if (chain.length == 0) {
                throw unusable(certificates, Phrase.of("certificate.none"));
            }
            PrivateKey secret = key(key);
            if (!belongTogether(secret, chain[0].getPublicKey())) {
                throw unusable(key, Phrase.of("certificate.other-key"));
            }
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("listener", secret, new char[0], chain);
            KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
            managers.init(store, new char[0]);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(managers.getKeyManagers(), null, null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw unusable(certificates, Phrase.of("certificate.because", String.valueOf(e.getMessage())));
        }
    }

    private static boolean belongTogether(PrivateKey secret, PublicKey key) throws GeneralSecurityException {
        if (!secret.getAlgorithm().equals(key.getAlgorithm())) {
            return false;
        }
        Signature signature = Signature.getInstance(
                switch (key.getAlgorithm()) {
                    case "EC" -> "SHA256withECDSA";
                    case "RSA" -> "SHA256withRSA";
                    default -> key.getAlgorithm();
                });
        signature.initSign(secret);
        byte[] signed = signature.sign();
        signature.initVerify(key);
        return signature.verify(signed);
    }

    private static PrivateKey key(Path file) throws GeneralSecurityException {
        String pem;
        try {
            pem = Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw unusable(file, Phrase.of("certificate.because", String.valueOf(e.getMessage())));
        }
        Matcher found = KEY.matcher(pem);
        if (!found.find()) {
            throw unusable(file, Phrase.of("certificate.no-key"));
        }
        if (!found.group(1).equals(READABLE_KEY)) {
            throw unusable(file, Phrase.of("certificate.other-form", found.group(1)));
        }
        byte[] bytes = Base64.getMimeDecoder().decode(found.group(2));
        for (String algorithm : List.of("EC", "RSA", "Ed25519")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(bytes));
            } catch (InvalidKeySpecException e) {
                // It is of another kind.
            }
        }
        throw unusable(file, Phrase.of("certificate.no-key"));
    }

    private static WrongUsageException unusable(Path file, Phrase why) {
        return new WrongUsageException(Phrase.of("problem.certificate", file, why));
    }
}
