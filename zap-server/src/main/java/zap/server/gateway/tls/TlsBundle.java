package zap.server.gateway.tls;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import zap.server.gateway.settings.GatewayProperties;

/**
 * The certificate that the TLS listener shows, and its key: those of the bundle {@code zap.gateway.tls-bundle}, as they are now.
 *
 * <p>When the bundle is renewed, new connections get the new certificate; those that are open go on as they are. A renewal that cannot be
 * used changes nothing, and is told of in the log and in the health endpoint for as long as the files are what they are. The files are
 * looked at again and again: Spring Boot does not notice that a folder on the way to them was replaced.
 */
@Component
public final class TlsBundle {

    private static final Logger log = LoggerFactory.getLogger(TlsBundle.class);

    /** Older versions are broken, and what a bundle says does not bring them back. */
    private static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

    static {
        // To negotiate anew in the middle costs a client nothing and us much, and nothing here needs it. The JDK looks
        // at this before its first handshake.
        System.setProperty("jdk.tls.rejectClientInitiatedRenegotiation", "true");
    }

    private final @Nullable String name;
    private final DefaultSslBundleRegistry bundles;
    private final BundleFiles files;
    private final InstantSource clock;
    private volatile @Nullable Current current;
    private volatile @Nullable String trouble;

    /** What the look before this one saw: only what two looks saw alike is not half written. */
    private @Nullable Object seen;

    /** How it is at a time. */
    private record Current(
            SSLSocketFactory factory,
            List<String> protocols,
            @Nullable List<String> ciphers,
            ShownCertificate certificate) {}

    /**
     * Takes the bundle that is named, and follows its renewals.
     *
     * @throws CannotUseBundleException when there is no such bundle, or it cannot be used
     */
    TlsBundle(GatewayProperties properties, DefaultSslBundleRegistry bundles, BundleFiles files, Clock clock) {
        this.name = properties.tlsBundle();
        this.bundles = bundles;
        this.files = files;
        this.clock = clock;
        if (name != null) {
            try {
                Current first = read(bundles.getBundle(name));
                current = first;
                @Nullable String fault = first.certificate().fault(clock.instant());
                if (fault != null) {
                    log.error("{}. Clients that check it do not connect over TLS.", fault);
                }
                bundles.addBundleUpdateHandler(name, this::renew);
            } catch (RuntimeException | GeneralSecurityException e) {
                throw new CannotUseBundleException(name, e);
            }
        }
    }

    /** Whether there is one. */
    public boolean isThere() {
        return name != null;
    }

    /** What its certificate is good for, and until when, for people. */
    public String certificate() {
        return current().certificate().described();
    }

    /** Why the certificate in the files is not the one that is shown to clients, for people; null when it is. */
    @Nullable
    public String trouble() {
        return trouble;
    }

    /**
     * Compares the files with what is used, and takes what is new when two looks have seen the same.
     *
     * <p>Its pace is that of Spring Boot's own watching, and the time that a renewal may take to be written.
     */
    @Scheduled(
            initialDelayString = "${spring.ssl.bundle.watch.file.quiet-period:10s}",
            fixedDelayString = "${spring.ssl.bundle.watch.file.quiet-period:10s}")
    synchronized void look() {
        if (name == null) {
            return;
        }
        Object now;
        @Nullable SslBundle bundle = null;
        try {
            bundle = files.read(name);
            if (bundle == null) {
                return; // It is made of something else than files.
            }
            now = ShownCertificate.of(bundle);
        } catch (RuntimeException | GeneralSecurityException e) {
            now = reason(e);
        }
        boolean stays = now.equals(seen);
        seen = now;
        if (now.equals(current().certificate())) {
            trouble = null;
        } else if (stays) {
            take(now, bundle);
        }
    }

    /** @param found the certificate in the files, or why there is none */
    private void take(Object found, @Nullable SslBundle bundle) {
        if (bundle == null || !(found instanceof ShownCertificate certificate)) {
            tell("The files of the SSL bundle %s cannot be used".formatted(name), String.valueOf(found));
        } else if (!files.areFollowed(String.valueOf(name))) {
            tell(
                    "The files of the SSL bundle %s have another certificate".formatted(name),
                    certificate.described() + "; reload-on-update is off, so the next start takes it");
        } else {
            @Nullable String fault = certificate.fault(clock.instant());
            if (fault == null) {
                bundles.updateBundle(String.valueOf(name), bundle);
            } else {
                tell("The renewed SSL bundle %s cannot be used".formatted(name), fault);
            }
        }
    }

    /** Once, and not at each look that finds the same. */
    private void tell(String what, String why) {
        String said = what + ", and nothing changes: " + why;
        if (!said.equals(trouble)) {
            trouble = said;
            log.error("{}", said);
        }
    }

    /** The root says what is wrong, and what is before it, with which file. */
    static String reason(Throwable e) {
        var reasons = new LinkedHashSet<String>();
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause.getMessage() != null) {
                String said = cause.getMessage().lines().findFirst().orElse("").strip();
                if (reasons.stream().noneMatch(earlier -> earlier.contains(said))) {
                    reasons.add(said);
                }
            }
        }
        return reasons.isEmpty() ? e.toString() : String.join(": ", reasons);
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

    private synchronized void renew(SslBundle bundle) {
        try {
            Current next = read(bundle);
            if (next.certificate().equals(current().certificate())) {
                return; // It was taken already.
            }
            @Nullable String fault = next.certificate().fault(clock.instant());
            if (fault != null) {
                throw new IllegalArgumentException(fault);
            }
            current = next;
            trouble = null;
            log.info(
                    "TLS has a new certificate for new connections: {}",
                    next.certificate().described());
        } catch (RuntimeException | GeneralSecurityException e) {
            tell("The renewed SSL bundle %s cannot be used".formatted(name), reason(e));
        }
    }

    private static Current read(SslBundle bundle) throws GeneralSecurityException {
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
                ShownCertificate.of(bundle));
    }
}
