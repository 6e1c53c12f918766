package zap.shell.connection;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/** A TCP connection, encrypted or not. */
final class TcpTransport implements Transport {

    /**
     * The first byte of a TLS record with an alert (RFC 8446, section 5.1). No frame of a zap server begins with it.
     */
    private static final int ALERT = 21;

    private static final int MAJOR_VERSION = 3;

    /** The message of Java's exception when a peer hangs up early. It is the same in every locale. */
    private static final String RESET = "Connection reset";

    /** The time that the closing alert may wait for a write that does not end. */
    private static final Duration GOODBYE_WITHIN = Duration.ofMillis(300);

    private final Socket socket;
    private final Socket below;
    private final ServerAddress address;
    private final @Nullable Encryption encryption;
    private final InputStream in;
    private final OutputStream out;
    private boolean begun;

    /** Creates a connection without encryption. */
    TcpTransport(Socket socket, ServerAddress address) throws IOException {
        this(socket, socket, address, null);
    }

    /**
     * @param socket the socket to read from and write to
     * @param below the socket that carries it: the same, or the one below TLS
     * @param address the address that it is connected to
     * @param encryption null when there is none
     */
    TcpTransport(Socket socket, Socket below, ServerAddress address, @Nullable Encryption encryption)
            throws IOException {
        this.socket = socket;
        this.below = below;
        this.address = address;
        this.encryption = encryption;
        this.in = socket.getInputStream();
        this.out = socket.getOutputStream();
    }

    /**
     * Connects a socket. TCP keep-alive detects a peer that has vanished within a minute, also while the connection is
     * idle.
     *
     * @throws NoRouteToHostException when this computer has no route to the address
     */
    static void connect(Socket socket, InetSocketAddress address, Duration patience) throws IOException {
        try {
            socket.setTcpNoDelay(true);
            socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            if (socket.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE)) {
                socket.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, 20);
                socket.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, 10);
                socket.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, 3);
            }
            // Zero would wait forever.
            socket.connect(address, Math.max(1, Math.toIntExact(patience.toMillis())));
        } catch (ConnectException e) {
            throw e;
        } catch (SocketException e) {
            if (String.valueOf(e.getMessage()).startsWith(RESET)) {
                throw (EOFException) new EOFException("the peer has hung up").initCause(e);
            }
            // Java has no exception type for a network that this computer is not in.
            throw (NoRouteToHostException) new NoRouteToHostException(e.getMessage()).initCause(e);
        }
    }

    @Override
    public ServerAddress address() {
        return address;
    }

    @Override
    public @Nullable Encryption encryption() {
        return encryption;
    }

    @Override
    public int read(ByteBuffer into, Duration wait) throws IOException {
        socket.setSoTimeout((int) wait.toMillis());
        try {
            int count = in.read(into.array(), into.arrayOffset() + into.position(), into.remaining());
            if (count > 0) {
                seeThatItIsNotTls(into, count);
                into.position(into.position() + count);
            }
            return count;
        } catch (SocketTimeoutException e) {
            return 0;
        }
    }

    /** Throws when the server answers with a TLS alert: it accepts only TLS. */
    private void seeThatItIsNotTls(ByteBuffer came, int count) throws IOException {
        int at = came.position();
        if (!begun && encryption == null && count > 1 && came.get(at) == ALERT && came.get(at + 1) == MAJOR_VERSION) {
            throw new SessionStart.RefusedException(ServerConnection.ConnectionProblem.WANTS_TLS);
        }
        begun = true;
    }

    @Override
    public void write(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
    }

    @Override
    public void finishWriting() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    public void close() {
        if (encryption != null) {
            // Closing TLS waits for the writing thread, perhaps forever. Closing the socket below does not wait.
            Thread goodbye = Thread.ofVirtual().name("zap-goodbye").start(() -> close(socket));
            try {
                goodbye.join(GOODBYE_WITHIN);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        close(below);
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // The connection is gone in any case.
        }
    }
}
