package zap.server.gateway.tls;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import zap.server.gateway.session.CloseReason;
import zap.server.gateway.settings.GatewayMeters;

/**
 * TLS between a session and the socket that was accepted: docs/adr/0007-tls-over-the-accepted-socket.md.
 *
 * <p>The first read does the handshake, on the connection's own thread. So it delays no other connection, and its time
 * counts as silence of the peer. The socket below still belongs to the connection: closing it ends a thread that waits
 * here, which closing a {@link SSLSocket} does not.
 */
public final class TlsLayer {

    private static final Logger log = LoggerFactory.getLogger(TlsLayer.class);

    /**
     * Bytes of the first read: the whole ClientHello of most clients. A client without TLS gets an alert; if its bytes
     * were left unread, it would get a reset.
     */
    private static final int FIRST_READ = 512;

    /** Time for the peer to take the close_notify, which is about 24 bytes. */
    private static final Duration GOODBYE_WITHIN = Duration.ofSeconds(1);

    private final Socket accepted;
    private final OutputStream below;
    private final TlsBundle bundle;
    private final GatewayMeters meters;
    private final AtomicBoolean closing = new AtomicBoolean();
    /** True once this side closes the connection. */
    private volatile boolean closed;
    /** Null until the handshake is done. */
    private volatile @Nullable SSLSocket encrypted;

    /**
     * Makes the layer. The handshake begins with the first read.
     *
     * @param accepted the socket as the listener accepted it
     * @param below the output of that socket, which is written to instead
     */
    public TlsLayer(Socket accepted, OutputStream below, TlsBundle bundle, GatewayMeters meters) {
        this.accepted = accepted;
        this.below = below;
        this.bundle = bundle;
        this.meters = meters;
    }

    /** Returns the decrypted input. Its first read does the handshake. */
    public InputStream input() {
        return new Decrypting();
    }

    /** Returns the output to be encrypted. It can be written to once the handshake is done. */
    public OutputStream output() {
        return new Encrypting();
    }

    /**
     * Sends close_notify, so that the peer can tell the end from a connection that was cut, and then hangs up, after
     * one second at the latest. Does not block.
     */
    public void close(Runnable hangUp) {
        closed = true;
        @Nullable SSLSocket socket = encrypted;
        if (socket == null) {
            hangUp.run();
        } else if (closing.compareAndSet(false, true)) {
            // A write that waits for the peer holds the lock that close_notify needs.
            Thread closeNotify = Thread.ofVirtual().name("tls-close-notify").start(() -> closeNotify(socket));
            Thread.ofVirtual().name("tls-hang-up").start(() -> {
                try {
                    closeNotify.join(GOODBYE_WITHIN);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } finally {
                    hangUp.run();
                }
            });
        }
    }

    private static void closeNotify(SSLSocket socket) {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            log.debug("Could not send close_notify: {}", e.getMessage());
        }
    }

    /** The outcome of a handshake. */
    private enum Outcome {
        /** Also when the peer hung up after the handshake, before the server's last handshake bytes arrived. */
        DONE,
        /** The peer has reset the connection, as health checks do, without an alert. */
        LEFT,
        FAILED
    }

    private InputStream shakeHands() throws IOException {
        byte[] first = new byte[FIRST_READ];
        int count = accepted.getInputStream().read(first);
        if (count < 0) {
            return InputStream.nullInputStream();
        }
        if (!TlsRecord.begins(ByteBuffer.wrap(first, 0, count))) {
            meters.handshake(false);
            below.write(TlsRecord.alert());
            throw new TlsHandshakeException(CloseReason.NOT_TLS, "it speaks in the clear on the port for TLS");
        }
        SSLSocket socket =
                bundle.serve(new SocketWithOutput(accepted, below), new ByteArrayInputStream(first, 0, count));
        Outcome outcome = Outcome.FAILED;
        try {
            socket.startHandshake();
            outcome = Outcome.DONE;
        } catch (SSLException e) {
            // The JDK wraps the reset that it meets while it writes. An end of the stream is wrapped, too, and is a
            // handshake broken off.
            if (e.getCause() instanceof IOException broken && !(broken instanceof EOFException)) {
                outcome = afterReset(socket);
                var reset = new SocketException(broken.getMessage());
                reset.initCause(e);
                throw reset;
            }
            throw new TlsHandshakeException(CloseReason.TLS_FAILED, String.valueOf(e.getMessage()));
        } catch (SocketException e) {
            outcome = afterReset(socket);
            throw e;
        } finally {
            if (outcome != Outcome.LEFT) {
                meters.handshake(outcome == Outcome.DONE);
            }
        }
        encrypted = socket;
        return socket.getInputStream();
    }

    /**
     * Returns the outcome after a reset. A reset from this side, when the time for the handshake is over, is a failure.
     */
    private Outcome afterReset(SSLSocket socket) {
        if (closed) {
            return Outcome.FAILED;
        }
        return socket.getSession().isValid() ? Outcome.DONE : Outcome.LEFT;
    }

    private final class Decrypting extends InputStream implements HandshakeInput {

        private @Nullable InputStream plain;

        @Override
        public void handshake() throws IOException {
            opened();
        }

        private InputStream opened() throws IOException {
            @Nullable InputStream input = plain;
            if (input == null) {
                input = shakeHands();
                plain = input;
            }
            return input;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return opened().read(bytes, offset, length);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int available() throws IOException {
            // Bytes that are not decrypted yet count, too.
            return (plain == null ? 0 : plain.available())
                    + accepted.getInputStream().available();
        }
    }

    private final class Encrypting extends OutputStream {

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            @Nullable SSLSocket socket = encrypted;
            if (socket == null) {
                throw new IOException("The TLS handshake is not done yet");
            }
            socket.getOutputStream().write(bytes, offset, length);
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }
    }
}
