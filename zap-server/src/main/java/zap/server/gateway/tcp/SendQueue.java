package zap.server.gateway.tcp;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * The count of the bytes of frames that were written to one connection, and of those that the peer's TCP has
 * acknowledged.
 *
 * <p>It counts what reaches the accepted socket. TLS over it writes more than frames: the handshake, and a close_notify
 * whenever the peer's arrives. So the count of written bytes ends with the last byte that was written for a frame; what
 * TLS writes after it may never be acknowledged, and must not make the frame look as if it were not.
 */
final class SendQueue {

    private final SocketChannel channel;
    private final @Nullable LinuxTcp tcp;
    private final int descriptor;
    /** All bytes that reached the socket. One thread at a time writes to it. */
    private volatile long sent;
    /** The same, up to the end of the last frame. */
    private volatile long written;
    /** The thread that is writing frames; null when none is. */
    private volatile @Nullable Thread writer;

    private long acknowledged;

    /** @param tcp null where the platform does not report it: then written bytes count as acknowledged */
    SendQueue(SocketChannel channel, @Nullable LinuxTcp tcp) {
        this.channel = channel;
        this.tcp = tcp;
        this.descriptor = tcp == null ? -1 : tcp.descriptorOf(channel);
    }

    /**
     * Returns a stream that counts what it passes on to the socket. All bytes of the connection must pass it.
     *
     * @param socket the output of the accepted socket
     */
    OutputStream counting(OutputStream socket) {
        return new Counting(socket);
    }

    /**
     * Returns a stream for frames. One thread at a time may write to it.
     *
     * @param counting where the bytes leave for the counted stream, on the thread that writes them: that stream itself,
     *     or TLS over it
     */
    OutputStream ofFrames(OutputStream counting) {
        return new OfFrames(counting);
    }

    /** Returns how many bytes were written up to the end of the last frame, encrypted if the connection is. */
    long written() {
        return written;
    }

    /**
     * Returns how many bytes were acknowledged; for a closed connection, how many were at the last question before.
     */
    synchronized long acknowledged() {
        if (tcp == null) {
            return written;
        }
        long count = tcp.acknowledged(descriptor);
        // A channel is marked as closed before its descriptor is given back: if it is open now, the answer was about
        // this connection.
        if (channel.isOpen()) {
            acknowledged = Math.max(acknowledged, count);
        }
        return acknowledged;
    }

    private final class Counting extends OutputStream {

        private final OutputStream socket;

        private Counting(OutputStream socket) {
            this.socket = socket;
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // one thread at a time writes
        public void write(byte[] bytes, int offset, int length) throws IOException {
            // Before the write, whose thread may pause after it: another one may write a close_notify meanwhile.
            sent += length;
            if (writer == Thread.currentThread()) {
                written = sent;
            }
            socket.write(bytes, offset, length);
        }

        @Override
        public void flush() throws IOException {
            socket.flush();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private final class OfFrames extends OutputStream {

        private final OutputStream counting;

        private OfFrames(OutputStream counting) {
            this.counting = counting;
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            writer = Thread.currentThread();
            try {
                counting.write(bytes, offset, length);
            } finally {
                writer = null;
            }
        }

        @Override
        public void flush() throws IOException {
            counting.flush();
        }

        @Override
        public void close() throws IOException {
            counting.close();
        }
    }
}
