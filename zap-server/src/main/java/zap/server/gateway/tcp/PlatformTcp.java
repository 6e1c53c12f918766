package zap.server.gateway.tcp;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import zap.server.gateway.settings.GatewayProperties.DeliveredWhen;

/**
 * Access to a peer's TCP on this platform. It decides when a frame counts as delivered on a base session:
 * docs/adr/0006-delivered-means-acknowledged.md.
 */
public final class PlatformTcp {

    private static final Logger log = LoggerFactory.getLogger(PlatformTcp.class);

    /** Size of a buffer in bytes, as small as systems allow, so that it is full after few bytes. */
    private static final int SMALL_BUFFER = 4096;

    private static final Duration ACKNOWLEDGED_WITHIN = Duration.ofSeconds(1);

    private final @Nullable LinuxTcp tcp;
    private final boolean mayTell;
    private final Duration userTimeout;
    private final String deliveredWhen;

    /** The look-up of the platform's functions. */
    interface Finder {
        /** Finds them. Any exception says why the platform does not have them. */
        LinuxTcp find() throws IOException, ReflectiveOperationException;
    }

    /**
     * Looks up the platform's functions, and logs when they are missing.
     *
     * @param wanted the event that makes a frame count as delivered
     * @param userTimeout how long sent bytes may stay unacknowledged
     */
    PlatformTcp(Finder finder, DeliveredWhen wanted, Duration userTimeout) {
        this.mayTell = wanted == DeliveredWhen.ACKNOWLEDGED;
        this.userTimeout = userTimeout;
        @Nullable LinuxTcp found = null;
        String when = "it was written to the recipient's connection";
        try {
            found = finder.find();
            when = mayTell ? "the recipient's TCP has acknowledged it" : when + ", as zap.gateway.delivered-when says";
        } catch (IOException | ReflectiveOperationException | RuntimeException e) {
            when += ", for this platform does not tell more (" + e.getMessage() + ")";
            log.warn("A frame to a base session counts as delivered when {}", when);
        }
        this.tcp = found;
        this.deliveredWhen = when;
    }

    /** Finds what this platform offers, and tries it. */
    static LinuxTcp find() throws IOException, ReflectiveOperationException {
        String system = System.getProperty("os.name");
        if (!system.equals("Linux")) {
            throw new UnsupportedOperationException(system + " is not Linux");
        }
        var tcp = new LinuxTcp();
        check(tcp);
        return tcp;
    }

    /**
     * Describes the event that makes a frame to a base session count as delivered, for operators. The text continues a
     * sentence after "when".
     */
    public String deliveredWhen() {
        return deliveredWhen;
    }

    /** @param accepted the socket as the listener accepted it, without TLS */
    SendQueue sendQueueOf(Socket accepted) {
        return new SendQueue(channelOf(accepted), mayTell ? tcp : null);
    }

    /** @param accepted the socket as the listener accepted it */
    PeerTcp peerOf(Socket accepted) {
        return new PeerTcp(channelOf(accepted), tcp);
    }

    /**
     * Sets how long sent bytes may stay unacknowledged.
     *
     * @param accepted the socket as the listener accepted it
     */
    void setUserTimeout(Socket accepted) {
        if (tcp != null && !tcp.userTimeout(tcp.descriptorOf(channelOf(accepted)), userTimeout)) {
            log.debug("The system takes no user timeout of {}", userTimeout);
        }
    }

    private static SocketChannel channelOf(Socket accepted) {
        return Objects.requireNonNull(accepted.getChannel(), "a socket of a Listener has a channel");
    }

    /**
     * Tests the functions over loopback: bytes that are not read must stay unacknowledged, and bytes that were read
     * must be acknowledged. Some systems look like Linux and are not, and a wrong answer would make delivery receipts
     * false.
     */
    private static void check(LinuxTcp tcp) throws IOException {
        try (ServerSocketChannel listening = ServerSocketChannel.open();
                SocketChannel peer = SocketChannel.open()) {
            peer.setOption(StandardSocketOptions.SO_RCVBUF, SMALL_BUFFER);
            bindToLoopback(listening);
            peer.connect(listening.getLocalAddress());
            try (SocketChannel accepted = listening.accept()) {
                if (!accepted.getRemoteAddress().equals(peer.getLocalAddress())) {
                    throw new IOException("another program connected during the test");
                }
                check(tcp, accepted, peer);
            }
        }
    }

    private static void bindToLoopback(ServerSocketChannel listening) throws IOException {
        try {
            listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
        } catch (BindException _) {
            // The host has no IPv4.
            listening.bind(new InetSocketAddress(InetAddress.ofLiteral("::1"), 0), 1);
        }
    }

    private static void check(LinuxTcp tcp, SocketChannel accepted, SocketChannel peer) throws IOException {
        int descriptor = tcp.descriptorOf(accepted);
        accepted.setOption(StandardSocketOptions.SO_SNDBUF, SMALL_BUFFER);
        accepted.configureBlocking(false);
        ByteBuffer some = ByteBuffer.allocate(SMALL_BUFFER);
        int written = 0;
        int count;
        while ((count = accepted.write(some)) > 0) {
            written += count;
            some.clear();
        }
        long tooEarly = tcp.acknowledged(descriptor);
        if (tooEarly < 0 || tooEarly >= written) {
            throw new IOException("of %s bytes that were not read, %s were acknowledged".formatted(written, tooEarly));
        }
        int read = 0;
        while (read < written && (count = peer.read(some.clear())) >= 0) {
            read += count;
        }
        long until = System.nanoTime() + ACKNOWLEDGED_WITHIN.toNanos();
        while (tcp.acknowledged(descriptor) != written) {
            if (System.nanoTime() > until) {
                throw new IOException(
                        "%s bytes were read, and %s acknowledged".formatted(written, tcp.acknowledged(descriptor)));
            }
            Thread.onSpinWait();
        }
    }
}
