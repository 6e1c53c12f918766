package zap.shell.connection;

import java.net.Socket;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.PKIXReason;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * The check that a server is the intended one, by the JDK's rules and a pin. A failure has a {@link TlsFault} that can
 * be shown to the user.
 */
final class CertificateCheck extends X509ExtendedTrustManager {

    /** The kinds of alternative names that name hosts (RFC 5280): DNS and IP. */
    private static final List<Integer> HOSTS = List.of(2, 7);

    private final X509ExtendedTrustManager authorities;
    private final boolean given;
    private final String host;
    private final @Nullable String pin;
    private final InstantSource clock;

    /**
     * Thrown when a certificate cannot be trusted. The JDK's handshake passes it on as the cause of its own exception.
     */
    static final class Untrusted extends CertificateException {
        private static final long serialVersionUID = 1L;

        private final transient TlsFault fault;

        Untrusted(TlsFault fault, @Nullable Throwable cause) {
            super(fault.toString(), cause);
            this.fault = fault;
        }

        TlsFault fault() {
            return fault;
        }
    }

    /** A check of the JDK. */
    private interface Check {
        void run() throws CertificateException;
    }

    /**
     * @param authorities the authorities whose signatures count
     * @param given whether the user named the authorities; else they are the system's
     * @param host the server's name as it was dialled
     * @param pin of the key that the server must have; null when it may have any key
     */
    CertificateCheck(
            X509ExtendedTrustManager authorities,
            boolean given,
            String host,
            @Nullable String pin,
            InstantSource clock) {
        this.authorities = authorities;
        this.given = given;
        this.host = host;
        this.pin = pin;
        this.clock = clock;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(
                chain,
                () -> authorities.checkServerTrusted(chain, authType, socket),
                () -> authorities.checkServerTrusted(chain, authType));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(
                chain,
                () -> authorities.checkServerTrusted(chain, authType, engine),
                () -> authorities.checkServerTrusted(chain, authType));
    }

    private void check(X509Certificate[] chain, Check all, Check withoutName) throws CertificateException {
        X509Certificate server = chain[0];
        // The JDK does not check the dates of a certificate that is trusted by itself.
        refuseByDate(server);
        try {
            all.run();
        } catch (CertificateException e) {
            for (X509Certificate certificate : chain) {
                refuseByDate(certificate);
            }
            try {
                withoutName.run();
            } catch (CertificateException unsigned) {
                throw new Untrusted(
                        isUnsigned(unsigned)
                                ? new TlsFault.UnknownIssuer(
                                        shown(chain[chain.length - 1].getIssuerX500Principal()), given)
                                : new TlsFault.Unusable(reasonOf(unsigned)),
                        unsigned);
            }
            throw new Untrusted(new TlsFault.OtherName(host, names(server)), e);
        }
        String its = KeyPin.of(server.getPublicKey());
        if (pin != null && !pin.equals(its)) {
            throw new Untrusted(new TlsFault.OtherKey(its), null);
        }
    }

    private void refuseByDate(X509Certificate certificate) throws Untrusted {
        Instant now = clock.instant();
        Instant from = certificate.getNotBefore().toInstant();
        Instant until = certificate.getNotAfter().toInstant();
        if (now.isAfter(until)) {
            throw new Untrusted(new TlsFault.Expired(until), null);
        }
        if (now.isBefore(from)) {
            throw new Untrusted(new TlsFault.NotYetValid(from), null);
        }
    }

    private static boolean isUnsigned(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertPathBuilderException
                    || (cause instanceof CertPathValidatorException invalid
                            && invalid.getReason() == PKIXReason.NO_TRUST_ANCHOR)) {
                return true;
            }
        }
        return false;
    }

    private static String reasonOf(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }

    /** Returns the names that a certificate is for. */
    static List<String> names(X509Certificate certificate) {
        try {
            @Nullable Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            if (names != null) {
                return names.stream()
                        .filter(name -> HOSTS.contains(name.get(0)))
                        .map(name -> String.valueOf(name.get(1)))
                        .toList();
            }
        } catch (CertificateParsingException e) {
            // It has no readable names.
        }
        return List.of(shown(certificate.getSubjectX500Principal()));
    }

    /** Returns the common name of a principal, or all of it when it has none. */
    private static String shown(X500Principal principal) {
        try {
            Optional<Object> name = new LdapName(principal.getName())
                    .getRdns().stream()
                            .filter(part -> part.getType().equalsIgnoreCase("CN"))
                            .map(part -> part.getValue())
                            .findFirst();
            return name.map(String::valueOf).orElseGet(principal::getName);
        } catch (InvalidNameException e) {
            return principal.getName();
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("a server is checked with its name");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("a client has no clients");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        checkClientTrusted(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        checkClientTrusted(chain, authType);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return authorities.getAcceptedIssuers();
    }
}
