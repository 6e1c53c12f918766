package zap.server.gateway.tcp;

import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The system's knowledge about the peer of one connection: the time when its last bytes reached this host, and whether
 * it has hung up. The connection's thread learns both later.
 *
 * <p>Linux reports both, the time to its tick of 1 to 10 ms. On other platforms the time is that at which the thread
 * got the bytes, and a peer counts as connected until the thread reads the end.
 */
final class PeerTcp {

    /** The longest tick that Linux is built with (100 a second). A reported time may be off by one. */
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final SocketChannel channel;
    private final @Nullable LinuxTcp tcp;
    private final int descriptor;

    /** @param tcp null where the platform does not report it */
    PeerTcp(SocketChannel channel, @Nullable LinuxTcp tcp) {
        this.channel = channel;
        this.tcp = tcp;
        this.descriptor = tcp == null ? -1 : tcp.descriptorOf(channel);
    }

    /** Returns whether the peer has closed or reset the connection, or nothing is known any more because we have. */
    boolean hasHungUp() {
        return tcp != null && (!tcp.isEstablished(descriptor) || !channel.isOpen());
    }

    /**
     * Corrects the time at which a thread got the last bytes, if they had been there for longer than a tick by then.
     *
     * @param gotNanos {@link System#nanoTime()} when it got them
     * @return the same, or an earlier time that is at most a tick after they had come
     */
    long notLaterThan(long gotNanos) {
        if (tcp == null) {
            return gotNanos;
        }
        long millis = tcp.millisSinceLastData(descriptor);
        // See SendQueue: if the channel is open now, the answer was about this connection.
        if (millis < 0 || !channel.isOpen()) {
            return gotNanos;
        }
        long latest = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(millis) + TICK_NANOS;
        return Math.min(gotNanos - latest, 0) + latest;
    }
}
