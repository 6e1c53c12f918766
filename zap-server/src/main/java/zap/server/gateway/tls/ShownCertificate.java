package zap.server.gateway.tls;

import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;

/**
 * The certificate chain of a bundle whose private key fits.
 *
 * @param chain the server's own certificate first
 */
record ShownCertificate(List<Certificate> chain) {

    /**
     * Returns the chain of a bundle.
     *
     * @throws IllegalArgumentException when the bundle has none, or the key is that of another certificate
     */
    static ShownCertificate of(SslBundle bundle) throws GeneralSecurityException {
        @Nullable KeyStore store = bundle.getStores().getKeyStore();
        if (store == null) {
            throw new IllegalArgumentException("It has no certificate and no key to show to clients");
        }
        @Nullable String alias = bundle.getKey().getAlias();
        for (String entry : Collections.list(store.aliases())) {
            if (store.isKeyEntry(entry)
                    && (alias == null || alias.equalsIgnoreCase(entry))
                    && store.getCertificate(entry) instanceof X509Certificate certificate) {
                Key key = store.getKey(entry, password(bundle));
                if (!(key instanceof PrivateKey secret) || !belongTogether(secret, certificate.getPublicKey())) {
                    throw new IllegalArgumentException(
                            "The private key is not that of its certificate (" + described(certificate) + ")");
                }
                return new ShownCertificate(List.of(store.getCertificateChain(entry)));
            }
        }
        throw new IllegalArgumentException("It has no certificate with a key to show to clients");
    }

    private static char @Nullable [] password(SslBundle bundle) {
        @Nullable String own = bundle.getKey().getPassword();
        @Nullable String password = own == null ? bundle.getStores().getKeyStorePassword() : own;
        return password == null ? null : password.toCharArray();
    }

    /** Returns whether a private and a public key are a pair: a signature of the one must be valid for the other. */
    private static boolean belongTogether(PrivateKey secret, PublicKey known) throws GeneralSecurityException {
        if (secret instanceof RSAKey one && known instanceof RSAKey other) {
            return one.getModulus().equals(other.getModulus());
        }
        if (!secret.getAlgorithm().equals(known.getAlgorithm())) {
            return false;
        }
        byte[] text = {1, 2, 3};
        Signature signature =
                Signature.getInstance(secret.getAlgorithm().equals("EC") ? "SHA256withECDSA" : secret.getAlgorithm());
        signature.initSign(secret);
        signature.update(text);
        byte[] signed = signature.sign();
        signature.initVerify(known);
        signature.update(text);
        return signature.verify(signed);
    }

    private X509Certificate own() {
        return (X509Certificate) chain.getFirst();
    }

    /** Returns why clients would reject it at this time, for operators; null when they would not. */
    @Nullable
    String fault(Instant now) {
        if (now.isAfter(own().getNotAfter().toInstant())) {
            return "The certificate (" + described() + ") has expired";
        }
        return now.isBefore(own().getNotBefore().toInstant())
                ? "The certificate (" + described() + ") is not valid before "
                        + time(own().getNotBefore().toInstant())
                : null;
    }

    /** Describes its names, its expiry and its serial number, for operators. */
    String described() {
        return described(own());
    }

    private static String described(X509Certificate certificate) {
        return "for %s, until %s, serial number %s"
                .formatted(
                        names(certificate),
                        time(certificate.getNotAfter().toInstant()),
                        certificate.getSerialNumber().toString(16));
    }

    private static String time(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC).toLocalDateTime() + " UTC";
    }

    private static String names(X509Certificate certificate) {
        try {
            @Nullable Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            if (names != null) {
                // Each entry is a type and a name.
                return names.stream().map(name -> String.valueOf(name.get(1))).collect(Collectors.joining(", "));
            }
        } catch (CertificateParsingException _) {
            // Then only the subject's name is left.
        }
        return certificate.getSubjectX500Principal().getName();
    }
}
