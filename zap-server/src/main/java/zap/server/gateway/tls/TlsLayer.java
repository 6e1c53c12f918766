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
 * <p>The first read does the handshake, on the connection's own thread: so it holds up nobody, and the time that it takes is time in which
 * the peer has said nothing yet. The socket below stays the connection's own: closing it ends whatever waits here, which closing a
 * {@link SSLSocket} does not.
 */
public final class TlsLayer {

    private static final Logger log = LoggerFactory.getLogger(TlsLayer.class);

    /** A whole greeting of most clients. What a client in the clear has said is read with it, so that it is not reset but told. */
    private static final int FIRST_READ = 512;

    /** How long a peer may take to let the goodbye into its connection; it is two dozen bytes. */
    private static final Duration GOODBYE_WITHIN = Duration.ofSeconds(1);

    private final Socket accepted;
    private final TlsBundle bundle;
    private final GatewayMeters meters;
    private final AtomicBoolean closing = new AtomicBoolean();
    /** The connection is being closed from here. */
    private volatile boolean closed;
    /** Null until the handshake is done. */
    private volatile @Nullable SSLSocket encrypted;

    /**
     * Makes the layer. The handshake begins with the first read.
     *
     * @param accepted the socket as the listener accepted it
     */
    public TlsLayer(Socket accepted, TlsBundle bundle, GatewayMeters meters) {
        this.accepted = accepted;
        this.bundle = bundle;
        this.meters = meters;
    }

    /** What the peer says; begins with the handshake. */
    public InputStream input() {
        return new Decrypting();
    }

    /** What the peer is told; only after it has said something. */
    public OutputStream output() {
        return new Encrypting();
    }

    /**
     * Says goodbye, so that the peer can tell the end from a connection that somebody cut, and hangs up; hangs up in any case, soon. Does
     * not block.
     */
    public void close(Runnable hangUp) {
        closed = true;
        @Nullable SSLSocket socket = encrypted;
        if (socket == null) {
            hangUp.run();
        } else if (closing.compareAndSet(false, true)) {
            // A write that waits for the peer holds the lock that the goodbye needs.
            Thread goodbye = Thread.ofVirtual().name("tls-goodbye").start(() -> goodbye(socket));
            Thread.ofVirtual().name("tls-hang-up").start(() -> {
                try {
                    goodbye.join(GOODBYE_WITHIN);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } finally {
                    hangUp.run();
                }
            });
        }
    }

    private static void goodbye(SSLSocket socket) {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            log.debug("No goodbye: {}", e.getMessage());
        }
    }

    /** What became of a handshake. */
    private enum Outcome {
        /** Also where the peer has hung up since, before it got what the server says after the handshake. */
        DONE,
        /** The peer has reset the connection, as health checks do; it has not said that something is wrong. */
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
            accepted.getOutputStream().write(TlsRecord.alert());
            throw new TlsHandshakeException(CloseReason.NOT_TLS, "it speaks in the clear on the port for TLS");
        }
        SSLSocket socket = bundle.serve(accepted, new ByteArrayInputStream(first, 0, count));
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

    /** Resets of our own, when the time for the handshake is over, are failures. */
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
            // What is not decrypted yet has come, too.
            return (plain == null ? 0 : plain.available())
                    + accepted.getInputStream().available();
        }
    }

    private final class Encrypting extends OutputStream {

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            @Nullable SSLSocket socket = encrypted;
            if (socket == null) {
                throw new IOException("There is no encrypted connection yet");
            }
            socket.getOutputStream().write(bytes, offset, length);
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }
    }
}
