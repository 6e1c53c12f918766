package zap.server.gateway.tcp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.channels.ServerSocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.integration.ip.tcp.connection.TcpNetServerConnectionFactory;
import zap.server.gateway.session.Sessions;
import zap.server.gateway.settings.GatewayMeters;
import zap.server.gateway.settings.GatewayProperties;

/**
 * A listening port.
 *
 * <p>Mends what Spring Integration does by default: it looks through all connections for closed ones at every accept, and an accept
 * that fails, be it for want of a file descriptor, ends the listener for good.
 */
final class Listener extends TcpNetServerConnectionFactory {

    /** Not the class's own name: under that name Spring Integration speaks, and is told to be silent (application.yaml). */
    private static final Logger log = LoggerFactory.getLogger("zap.server.gateway.tcp.Accept");

    private static final long HARVEST_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long PAUSE_AFTER_FAILED_ACCEPT_MILLIS = 100;

    private long lastHarvestNanos = System.nanoTime();
    private volatile @Nullable IOException failure;
    /** Why the last connection could not be accepted; null when it could. */
    private volatile @Nullable String acceptFailure;

    private final Sessions sessions;
    private final GatewayMeters meters;
    private final AtomicLong turnedAway = new AtomicLong();

    Listener(int port, Sessions sessions, GatewayMeters meters) {
        super(port);
        this.sessions = sessions;
        this.meters = meters;
    }

    /** Whether it is never to listen. */
    boolean isOff() {
        return getPort() == GatewayProperties.OFF;
    }

    /** Why the port could not be opened; null while nothing went wrong. */
    @Nullable
    IOException failure() {
        return failure;
    }

    /** Returns why no connection can be accepted at the moment, in the system's words; null when they can. */
    @Nullable
    String acceptFailure() {
        return acceptFailure;
    }

    /** Accepts nobody any more; those who are connected stay. */
    void stopAccepting() {
        @Nullable ServerSocket socket = getServerSocket();
        if (socket != null) {
            try {
                socket.close();
            } catch (IOException e) {
                log.warn("Could not close the listener on port {}: {}", getPort(), e.getMessage());
            }
        }
    }

    @Override
    protected void harvestClosedConnections() {
        long now = System.nanoTime();
        if (now - lastHarvestNanos >= HARVEST_EVERY_NANOS) {
            lastHarvestNanos = now;
            super.harvestClosedConnections();
        }
    }

    @Override
    protected ServerSocket createServerSocket(int port, int backlog, @Nullable InetAddress address) throws IOException {
        var socket = new PatientServerSocket(ServerSocketChannel.open());
        try {
            // After a crash the port must be ours again at once, whatever the old connections are still at.
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(address, port), backlog);
            return socket;
        } catch (IOException e) {
            socket.close();
            failure = e;
            throw e;
        }
    }

    /** Whether there is room for one more; closes it when there is not. */
    private boolean isWelcome(Socket socket) {
        @Nullable String full = sessions.fullFor(socket.getInetAddress());
        if (full == null) {
            return true;
        }
        // Counted first: who has seen it closed finds it counted.
        meters.turnedAway();
        long count = turnedAway.incrementAndGet();
        try {
            socket.close();
        } catch (IOException e) {
            log.debug("A connection that was one too many could not be closed: {}", e.getMessage());
        }
        if (Long.bitCount(count) == 1) {
            log.warn(
                    "Closed a connection from {} at once: {}. {} turned away on port {} so far",
                    socket.getInetAddress().getHostAddress(),
                    full,
                    count,
                    getPort());
        }
        return false;
    }

    /**
     * Goes on accepting when one accept has failed. What it accepts has a channel, by which the system can be asked about it: a plain
     * server socket's has none.
     */
    private final class PatientServerSocket extends ServerSocket {

        private final ServerSocket socket;

        private PatientServerSocket(ServerSocketChannel channel) throws IOException {
            this.socket = channel.socket();
        }

        @Override
        public Socket accept() throws IOException {
            while (true) {
                try {
                    Socket accepted = socket.accept();
                    acceptFailure = null;
                    if (isWelcome(accepted)) {
                        return accepted;
                    }
                } catch (IOException e) {
                    if (isClosed()) {
                        // By this Spring Integration knows that the listener was closed, and that nothing went wrong.
                        throw new SocketException("The listener is closed", e);
                    }
                    if (acceptFailure == null) {
                        log.error("Cannot accept connections at the moment: {}", e.getMessage());
                    }
                    acceptFailure = String.valueOf(e.getMessage());
                    pause();
                }
            }
        }

        @Override
        public void setReuseAddress(boolean on) throws SocketException {
            socket.setReuseAddress(on);
        }

        @Override
        public void bind(SocketAddress address, int backlog) throws IOException {
            socket.bind(address, backlog);
        }

        @Override
        public int getLocalPort() {
            return socket.getLocalPort();
        }

        @Override
        public @Nullable SocketAddress getLocalSocketAddress() {
            return socket.getLocalSocketAddress();
        }

        @Override
        public boolean isClosed() {
            return socket.isClosed();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }

        /** Out of file descriptors, most likely: asking again at once would only fill the log. */
        private void pause() throws IOException {
            try {
                Thread.sleep(PAUSE_AFTER_FAILED_ACCEPT_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            }
        }
    }
}
