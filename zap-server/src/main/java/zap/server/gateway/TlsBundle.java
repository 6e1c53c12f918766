package zap.server.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.stereotype.Component;

/**
 * The certificate that the TLS listener shows, and its key: those of the bundle {@code zap.gateway.tls-bundle}, as they are now.
 *
 * <p>When the bundle is renewed, new connections get the new certificate; those that are open go on as they are. A renewal that cannot be
 * used changes nothing.
 */
@Component
final class TlsBundle {

    private static final Logger log = LoggerFactory.getLogger(TlsBundle.class);

    /** Older versions are broken, and what a bundle says does not bring them back. */
    private static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

    static {
        // To negotiate anew in the middle costs a client nothing and us much, and nothing here needs it. The JDK looks
        // at this before its first handshake.
        System.setProperty("jdk.tls.rejectClientInitiatedRenegotiation", "true");
    }

    private final @Nullable String name;
    private volatile @Nullable Current current;

    /** How it is at a time. */
    private record Current(
            SSLSocketFactory factory,
            List<String> protocols,
            @Nullable List<String> ciphers,
            String certificate) {}

    /**
     * Takes the bundle that is named, and follows its renewals.
     *
     * @throws CannotUseBundleException when there is no such bundle, or it cannot be used
     */
    TlsBundle(GatewayProperties properties, SslBundles bundles) {
        this.name = properties.tlsBundle();
        if (name != null) {
            try {
                current = read(bundles.getBundle(name));
                bundles.addBundleUpdateHandler(name, this::renew);
            } catch (RuntimeException | KeyStoreException e) {
                throw new CannotUseBundleException(name, e);
            }
        }
    }

    /** Whether there is one. */
    boolean isThere() {
        return name != null;
    }

    /** What its certificate is good for, and until when, for people. */
    String certificate() {
        return current().certificate();
    }

    /**
     * The server's side of TLS over an accepted socket, which stays open when it is closed.
     *
     * @param read what was read from that socket already
     */
    SSLSocket serve(Socket accepted, InputStream read) throws IOException {
        Current now = current();
        var socket = (SSLSocket) now.factory().createSocket(accepted, read, false);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setProtocols(now.protocols().toArray(String[]::new));
        parameters.setUseCipherSuitesOrder(true);
        if (now.ciphers() != null) {
            parameters.setCipherSuites(now.ciphers().toArray(String[]::new));
        }
        socket.setSSLParameters(parameters);
        return socket;
    }

    private Current current() {
        return Objects.requireNonNull(current, "there is no TLS without zap.gateway.tls-bundle");
    }

    private void renew(SslBundle bundle) {
        try {
            Current next = read(bundle);
            current = next;
            log.info("TLS has a new certificate for new connections: {}", next.certificate());
        } catch (RuntimeException | KeyStoreException e) {
            log.error("The renewed SSL bundle {} cannot be used, and nothing changes: {}", name, e.getMessage());
        }
    }

    private static Current read(SslBundle bundle) throws KeyStoreException {
        List<String> protocols = PROTOCOLS;
        String @Nullable [] wanted = bundle.getOptions().getEnabledProtocols();
        if (wanted != null) {
            protocols = PROTOCOLS.stream()
                    .filter(protocol -> Arrays.asList(wanted).contains(protocol))
                    .toList();
            if (protocols.isEmpty()) {
                throw new IllegalArgumentException(
                        "Of " + String.join(", ", wanted) + " none is " + String.join(" or ", PROTOCOLS));
            }
        }
        String @Nullable [] ciphers = bundle.getOptions().getCiphers();
        return new Current(
                bundle.createSslContext().getSocketFactory(),
                protocols,
                ciphers == null ? null : List.of(ciphers),
                described(certificateOf(bundle)));
    }

    private static X509Certificate certificateOf(SslBundle bundle) throws KeyStoreException {
        @Nullable KeyStore store = bundle.getStores().getKeyStore();
        if (store == null) {
            throw new IllegalArgumentException("It has no certificate and no key to show to clients");
        }
        @Nullable String alias = bundle.getKey().getAlias();
        for (String entry : Collections.list(store.aliases())) {
            if (store.isKeyEntry(entry)
                    && (alias == null || alias.equalsIgnoreCase(entry))
                    && store.getCertificate(entry) instanceof X509Certificate certificate) {
                return certificate;
            }
        }
        throw new IllegalArgumentException("It has no certificate with a key to show to clients");
    }

    private static String described(X509Certificate certificate) {
        return "for %s, until %s, serial number %s"
                .formatted(
                        names(certificate),
                        certificate
                                        .getNotAfter()
                                        .toInstant()
                                        .atOffset(ZoneOffset.UTC)
                                        .toLocalDateTime() + " UTC",
                        certificate.getSerialNumber().toString(16));
    }

    private static String names(X509Certificate certificate) {
        try {
            @Nullable Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            if (names != null) {
                // Of each, its type and what it says.
                return names.stream().map(name -> String.valueOf(name.get(1))).collect(Collectors.joining(", "));
            }
        } catch (CertificateParsingException e) {
            log.debug("The names of the certificate cannot be read: {}", e.getMessage());
        }
        return certificate.getSubjectX500Principal().getName();
    }
}
