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
 * The current certificate of the TLS listener, with its key: those of the bundle {@code zap.gateway.tls-bundle}.
 *
 * <p>When the bundle is renewed, new connections get the new certificate; those that are open go on as they are. A
 * renewal that cannot be used changes nothing. The log and the health endpoint report it until the files change. The
 * files are polled, because Spring Boot does not notice that a folder on the path to them was replaced.
 */
@Component
public final class TlsBundle {

    private static final Logger log = LoggerFactory.getLogger(TlsBundle.class);

    /** The allowed versions. Older ones are broken, and a bundle cannot enable them. */
    private static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

    static {
        // Renegotiation costs a client little and the server much, and is not needed here. The JDK reads this before
        // its
        // first handshake.
        System.setProperty("jdk.tls.rejectClientInitiatedRenegotiation", "true");
    }

    private final @Nullable String name;
    private final DefaultSslBundleRegistry bundles;
    private final BundleFiles files;
    private final InstantSource clock;
    private volatile @Nullable Current current;
    private volatile @Nullable String trouble;

    /** The result of the last poll. Files that two polls saw alike are not half written. */
    private @Nullable Object seen;

    /** The state of the bundle at one time. */
    private record Current(
            SSLSocketFactory factory,
            List<String> protocols,
            @Nullable List<String> ciphers,
            ShownCertificate certificate) {}

    /**
     * Reads the configured bundle, and listens for its renewals.
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

    /** Returns whether a bundle is configured. */
    public boolean isThere() {
        return name != null;
    }

    /** Describes the certificate's names and expiry, for operators. */
    public String certificate() {
        return current().certificate().described();
    }

    /** Returns why the certificate in the files is not in use, for operators; null when it is in use. */
    @Nullable
    public String trouble() {
        return trouble;
    }

    /**
     * Compares the files with the certificate in use, and uses a new one when two polls have read the same.
     *
     * <p>The interval is that of Spring Boot's own watcher, and the longest time that the write of a renewal may take.
     */
    @Scheduled(
            initialDelayString = "${spring.ssl.bundle.watch.file.quiet-period:10s}",
            fixedDelayString = "${spring.ssl.bundle.watch.file.quiet-period:10s}")
    synchronized void poll() {
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

    /**
     * Uses a new certificate, or reports why it cannot be used.
     *
     * @param found the certificate in the files, or why there is none
     */
    private void take(Object found, @Nullable SslBundle bundle) {
        if (bundle == null || !(found instanceof ShownCertificate certificate)) {
            report("The files of the SSL bundle %s cannot be used".formatted(name), String.valueOf(found));
        } else if (!files.isReloaded(String.valueOf(name))) {
            report(
                    "The files of the SSL bundle %s have another certificate".formatted(name),
                    certificate.described() + "; reload-on-update is off, so the next start takes it");
        } else {
            @Nullable String fault = certificate.fault(clock.instant());
            if (fault == null) {
                bundles.updateBundle(String.valueOf(name), bundle);
            } else {
                report("The renewed SSL bundle %s cannot be used".formatted(name), fault);
            }
        }
    }

    /** Logs a problem once, and not at each poll that finds it again. */
    private void report(String what, String why) {
        String message = what + ", and nothing changes: " + why;
        if (!message.equals(trouble)) {
            trouble = message;
            log.error("{}", message);
        }
    }

    /** Joins the messages of an exception and its causes: the root names the problem, and the others name the file. */
    static String reason(Throwable e) {
        var reasons = new LinkedHashSet<String>();
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause.getMessage() != null) {
                String message =
                        cause.getMessage().lines().findFirst().orElse("").strip();
                if (reasons.stream().noneMatch(earlier -> earlier.contains(message))) {
                    reasons.add(message);
                }
            }
        }
        return reasons.isEmpty() ? e.toString() : String.join(": ", reasons);
    }

    /**
     * Returns the server's side of TLS over an accepted socket. Closing it leaves that socket open.
     *
     * @param read the bytes that were read from the socket already
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
            report("The renewed SSL bundle %s cannot be used".formatted(name), reason(e));
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
