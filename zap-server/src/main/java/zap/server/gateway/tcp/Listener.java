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
 * <p>It overrides two defaults of Spring Integration: a search through all connections for closed ones at every accept,
 * and a failed accept (for example without a free file descriptor) that ends the listener for good.
 */
final class Listener extends TcpNetServerConnectionFactory {

    /**
     * Logger with a name of its own, because Spring Integration logs under the class's name, which is switched off
     * (application.yaml).
     */
    private static final Logger log = LoggerFactory.getLogger("zap.server.gateway.tcp.Accept");

    private static final long HARVEST_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long PAUSE_AFTER_FAILED_ACCEPT_MILLIS = 100;

    private long lastHarvestNanos = System.nanoTime();
    private volatile @Nullable IOException failure;
    /** The error of the last accept; null when it succeeded. */
    private volatile @Nullable String acceptFailure;

    private final Sessions sessions;
    private final GatewayMeters meters;
    private final AtomicLong refused = new AtomicLong();

    Listener(int port, Sessions sessions, GatewayMeters meters) {
        super(port);
        this.sessions = sessions;
        this.meters = meters;
    }

    /** Returns whether the listener is switched off. */
    boolean isOff() {
        return getPort() == GatewayProperties.OFF;
    }

    /** Returns why the port could not be opened; null when no attempt has failed. */
    @Nullable
    IOException failure() {
        return failure;
    }

    /** Returns why no connection can be accepted at the moment, in the system's words; null when they can. */
    @Nullable
    String acceptFailure() {
        return acceptFailure;
    }

    /** Closes the port. Open connections stay. */
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
        var socket = new PersistentServerSocket(ServerSocketChannel.open());
        try {
            // After a crash the port must be available at once, whatever state the old connections are in.
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(address, port), backlog);
            return socket;
        } catch (IOException e) {
            socket.close();
            failure = e;
            throw e;
        }
    }

    /** Returns whether the limits allow the connection; closes it when they do not. */
    private boolean isWithinLimits(Socket socket) {
        @Nullable String full = sessions.fullFor(socket.getInetAddress());
        if (full == null) {
            return true;
        }
        // Counted first, so that a peer that sees it closed finds it counted.
        meters.turnedAway();
        long count = refused.incrementAndGet();
        try {
            socket.close();
        } catch (IOException e) {
            log.debug("Could not close a connection that exceeded a limit: {}", e.getMessage());
        }
        if (Long.bitCount(count) == 1) {
            log.warn(
                    "Closed a connection from {} at once: {}. {} closed so on port {} so far",
                    socket.getInetAddress().getHostAddress(),
                    full,
                    count,
                    getPort());
        }
        return false;
    }

    /**
     * A server socket that goes on accepting after a failed accept. Its connections have a channel, which is needed to
     * ask the system about them; those of a plain server socket have none.
     */
    private final class PersistentServerSocket extends ServerSocket {

        private final ServerSocket socket;

        private PersistentServerSocket(ServerSocketChannel channel) throws IOException {
            this.socket = channel.socket();
        }

        @Override
        public Socket accept() throws IOException {
            while (true) {
                try {
                    Socket accepted = socket.accept();
                    acceptFailure = null;
                    if (isWithinLimits(accepted)) {
                        return accepted;
                    }
                } catch (IOException e) {
                    if (isClosed()) {
                        // Tells Spring Integration that the listener was closed, and that this is not a failure.
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

        /**
         * Waits after a failed accept. Most likely there is no free file descriptor, and an attempt at once would only
         * fill the log.
         */
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
