package zap.shell.connection;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A dialer for a request that a user waits for. Another thread can cancel the request, whatever it waits for: a
 * connection, an answer, or the end of a write.
 */
public final class CancellableDialer {

    /** Signals that the request was cancelled. */
    public static final class CancelledException extends InterruptedIOException {

        private static final long serialVersionUID = 1L;

        CancelledException() {
            super("cancelled");
        }
    }

    private final Transport.Dialer dialer;

    // Guarded by this.
    private boolean cancelled;
    private @Nullable Thread dialing;
    private @Nullable Transport newest;

    public CancellableDialer(Transport.Dialer dialer) {
        this.dialer = dialer;
    }

    /** Cancels the request: what it waits for fails, and so does everything that it begins later. */
    public synchronized void cancel() {
        cancelled = true;
        if (dialing != null) {
            dialing.interrupt();
        }
        if (newest != null) {
            newest.close();
        }
    }

    /** A step of a request. */
    @FunctionalInterface
    private interface Step<T extends @Nullable Object> {
        T run() throws IOException;
    }

    /** Runs a step. Its failure is that of the cancellation, however it shows itself. */
    private <T extends @Nullable Object> T unlessCancelled(Step<T> step) throws IOException {
        try {
            return step.run();
        } catch (IOException e) {
            requireNotCancelled();
            throw e;
        }
    }

    private synchronized void requireNotCancelled() throws CancelledException {
        if (cancelled) {
            throw new CancelledException();
        }
    }

    /**
     * Connects to the first address of the server that answers.
     *
     * @throws CancelledException when the request is cancelled before that
     */
    public Transport dial() throws IOException {
        begin();
        @Nullable Transport connected = null;
        try {
            connected = unlessCancelled(dialer::dial);
            return new CancellableTransport(connected);
        } finally {
            end(connected);
        }
    }

    private synchronized void begin() throws CancelledException {
        requireNotCancelled();
        dialing = Thread.currentThread();
    }

    private synchronized void end(@Nullable Transport connected) {
        dialing = null;
        newest = connected;
        if (cancelled) {
            Thread.interrupted(); // it was for the dial, and must not end what the thread does next
            if (connected != null) {
                connected.close();
            }
        }
    }

    /** A connection that fails in the same way however it was cancelled. */
    private final class CancellableTransport implements Transport {

        private final Transport transport;

        private CancellableTransport(Transport transport) {
            this.transport = transport;
        }

        @Override
        public int read(ByteBuffer into, Duration wait) throws IOException {
            int count = unlessCancelled(() -> transport.read(into, wait));
            requireNotCancelled(); // an end of the stream may come from cancel()
            return count;
        }

        @Override
        public void write(byte[] bytes) throws IOException {
            unlessCancelled(() -> {
                transport.write(bytes);
                return null;
            });
        }

        @Override
        public void finishWriting() throws IOException {
            unlessCancelled(() -> {
                transport.finishWriting();
                return null;
            });
        }

        @Override
        public @Nullable ServerAddress address() {
            return transport.address();
        }

        @Override
        public @Nullable Encryption encryption() {
            return transport.encryption();
        }

        @Override
        public void close() {
            transport.close();
        }
    }
}
