package zap.server.gateway.tcp;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * The count of bytes that were written to one connection, and of those that the peer's TCP has acknowledged.
 *
 * <p>It counts on the accepted socket. With TLS over it, written bytes are counted before encryption, and waiting bytes
 * after it. Encryption only adds bytes, so the count of acknowledged bytes is never too high, and it is complete when
 * none are waiting.
 */
final class SendQueue {

    private final SocketChannel channel;
    private final @Nullable LinuxTcp tcp;
    private final int descriptor;
    private volatile long written;
    private long acknowledged;

    /** @param tcp null where the platform does not report it: then written bytes count as acknowledged */
    SendQueue(SocketChannel channel, @Nullable LinuxTcp tcp) {
        this.channel = channel;
        this.tcp = tcp;
        this.descriptor = tcp == null ? -1 : tcp.descriptorOf(channel);
    }

    /** Returns a stream that writes to the output and counts. One thread at a time may write. */
    OutputStream counting(OutputStream output) {
        return new Counting(output);
    }

    /** Returns how many bytes were written. */
    long written() {
        return written;
    }

    /**
     * Returns how many of them were acknowledged; for a closed connection, how many were at the last question before.
     */
    synchronized long acknowledged() {
        // In this order: bytes that are written meanwhile must count as unacknowledged.
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
