package zap.server.gateway.tcp;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that were written to one connection, and how many of them the peer's TCP has acknowledged.
 *
 * <p>It is about the socket that was accepted. With TLS over it, the bytes that were written are counted before encryption and those that
 * wait after it: as encryption only ever adds bytes, what is counted as acknowledged is never too much, and all of it once nothing waits.
 */
final class SendQueue {

    private final SocketChannel channel;
    private final @Nullable LinuxTcp tcp;
    private final int descriptor;
    private volatile long written;
    private long acknowledged;

    /** @param tcp null where the platform cannot tell: then what was written counts as acknowledged */
    SendQueue(SocketChannel channel, @Nullable LinuxTcp tcp) {
        this.channel = channel;
        this.tcp = tcp;
        this.descriptor = tcp == null ? -1 : tcp.descriptorOf(channel);
    }

    /** Writes there, and counts. One thread at a time may write. */
    OutputStream counting(OutputStream output) {
        return new Counting(output);
    }

    /** How many bytes were written. */
    long written() {
        return written;
    }

    /** How many of them were acknowledged; of a connection that is closed, how many were when we last asked. */
    synchronized long acknowledged() {
        // In this order: what is written meanwhile must count as unacknowledged.
        long all = written;
        if (tcp == null) {
            return all;
        }
        int queued = tcp.unacknowledged(descriptor);
        // A channel is marked as closed before its descriptor is given back: if it is open now, the answer was about
        // this connection.
        if (queued >= 0 && channel.isOpen()) {
            acknowledged = Math.max(acknowledged, all - queued);
        }
        return acknowledged;
    }

    private final class Counting extends OutputStream {

        private final OutputStream output;

        private Counting(OutputStream output) {
            this.output = output;
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // one thread at a time writes
        public void write(byte[] bytes, int offset, int length) throws IOException {
            output.write(bytes, offset, length);
            written += length;
        }

        @Override
        public void flush() throws IOException {
            output.flush();
        }

        @Override
        public void close() throws IOException {
            output.close();
        }
    }
}
