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
 * Whether a server is the one that was meant: what the JDK checks, and a pin; and when it is not, why, in a way that can be told to people.
 */
final class CertificateCheck extends X509ExtendedTrustManager {

    /** Of alternative names (RFC 5280): DNS and IP. */
    private static final List<Integer> HOSTS = List.of(2, 7);

    private final X509ExtendedTrustManager authorities;
    private final boolean given;
    private final String host;
    private final @Nullable String pin;
    private final InstantSource clock;

    /** The certificate is not to be trusted, for this reason. Goes through the JDK's handshake as the cause of its exception. */
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

    /** What the JDK looks at. */
    private interface Check {
        void run() throws CertificateException;
    }

    /**
     * @param authorities whose signatures count
     * @param given whether it was said whose, and they are not those of the system
     * @param host the server's name as it was dialled
     * @param pin of the key that the server must have; null when it may be any
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
        // A certificate that is trusted by itself the JDK takes without a look at its dates.
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

    /** Whom a certificate is for. */
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
            // Then it has none that can be read.
        }
        return List.of(shown(certificate.getSubjectX500Principal()));
    }

    /** Its common name, or all of it. */
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
