package zap.watch;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import zap.kit.ServerTarget;
import zap.kit.Sockets;
import zap.watch.WireEvent.Kind;

/**
 * Passes bytes between clients and a server, unchanged and at once, and tells what passes.
 *
 * <p>Each connection of a client is one to the server, with two virtual threads. A thread reads on only when what it
 * has read is written, so a slow reader on one side slows the sender on the other, and a connection holds two buffers
 * at most. Ends are passed on as they come: a half-close as a half-close, a reset as a reset.
 */
final class WireProxy implements AutoCloseable {

    /** Maximum number of connections at the same time; with their buffers they fit into the heap. */
    static final int MAX_CONNECTIONS = 2_000;

    private static final int BUFFER = 16 * 1024;
    private static final int BACKLOG = 200;

    /** Maximum time for each step of a TLS handshake of a client. */
    private static final int HANDSHAKE_MILLIS = 10_000;

    /** Maximum time for connections to end when the proxy is closed. */
    private static final int CLOSE_MILLIS = 2_000;

    private final ServerSocket listening;
    private final ServerTarget server;
    private final @Nullable SSLContext certificate;
    private final InetSocketAddress address;
    private final LongSupplier clock;
    private volatile Consumer<WireEvent> events = event -> {};
    private final AtomicInteger numbers = new AtomicInteger();
    private final Set<Connection> open = ConcurrentHashMap.newKeySet();

    /**
     * Binds the address. Clients are accepted from {@link #start} on.
     *
     * @param certificate for TLS towards the clients; null for a plain listener
     * @param clock in microseconds since 1970
     * @throws IOException when the address cannot be listened on
     */
    WireProxy(InetSocketAddress listen, ServerTarget server, @Nullable SSLContext certificate, LongSupplier clock)
            throws IOException {
        this.server = server;
        this.certificate = certificate;
        this.address = listen;
        this.clock = clock;
        this.listening = new ServerSocket();
        try {
            listening.bind(listen, BACKLOG);
        } catch (IOException e) {
            listening.close();
            throw e;
        }
    }

    /**
     * Accepts clients from now on.
     *
     * @param taker of everything that happens, from several threads
     */
    void start(Consumer<WireEvent> taker) {
        events = taker;
        tell(0, Kind.LISTENING, addresses());
        Thread.ofVirtual().name("accepts").start(this::accept);
    }

    /** Returns where it listens and where it goes. */
    String addresses() {
        return address.getHostString() + ":" + port() + " → " + server;
    }

    /** Returns the port on which it listens. */
    int port() {
        return listening.getLocalPort();
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket client = listening.accept();
                Thread.ofVirtual().name("passes for a client").start(() -> serve(client));
            } catch (IOException e) {
                if (!listening.isClosed()) {
                    waitForFiles();
                }
            }
        }
    }

    /** Waits a moment: accepting fails when too many files are open, and works again when connections have ended. */
    private static void waitForFiles() {
        try {
            Thread.sleep(50); // otherwise it would fail again and again without a pause
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tell(int connection, Kind kind, String text) {
        events.accept(WireEvent.of(clock.getAsLong(), connection, kind, text));
    }

    private void serve(Socket client) {
        var connection = new Connection(numbers.incrementAndGet(), client);
        tell(connection.number, Kind.OPENED, peer(client));
        if (open.size() >= MAX_CONNECTIONS) {
            tell(connection.number, Kind.TOO_MANY, String.valueOf(MAX_CONNECTIONS));
            Sockets.reset(client);
        } else {
            open.add(connection);
            connection.serve();
        }
        tell(connection.number, Kind.CLOSED, "");
        open.remove(connection);
        connection.over.countDown();
    }

    private static String peer(Socket socket) {
        return socket.getRemoteSocketAddress() instanceof InetSocketAddress address
                ? address.getAddress().getHostAddress() + ":" + address.getPort()
                : "";
    }

    /** Stops listening, and breaks all connections off. Their last events are told when this returns. */
    @Override
    public void close() {
        Sockets.close(listening);
        List<Connection> last = List.copyOf(open);
        last.forEach(Connection::breakOff);
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_MILLIS);
        try {
            for (Connection connection : last) {
                connection.over.await(until - System.nanoTime(), TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A client's connection and the one to the server: plain sockets, and what is spoken on them. */
    private final class Connection {

        private final int number;
        private final Socket client;
        private volatile @Nullable Socket toServer;
        private final AtomicBoolean broken = new AtomicBoolean();
        private final CountDownLatch over = new CountDownLatch(1);

        Connection(int number, Socket client) {
            this.number = number;
            this.client = client;
        }

        void serve() {
            try {
                client.setTcpNoDelay(true);
                Socket dialled = server.dial();
                toServer = dialled;
                if (broken.get()) {
                    Sockets.reset(dialled); // closed meanwhile
                    return;
                }
                Socket serverSide = handshakeWithServer(dialled);
                Socket clientSide = serverSide == null ? null : handshakeWithClient();
                if (serverSide == null || clientSide == null) {
                    return;
                }
                Thread back = Thread.ofVirtual()
                        .name("passes for the server")
                        .start(() -> pass(Side.SERVER, serverSide, clientSide));
                pass(Side.CLIENT, clientSide, serverSide);
                back.join();
                Sockets.close(clientSide);
                Sockets.close(serverSide);
            } catch (IOException e) {
                if (WireTrouble.isReset(e)) {
                    // It has accepted, and reset before this thread looked at the result.
                    brokenBy(Side.SERVER);
                } else {
                    tell(number, Kind.UNREACHABLE, WireTrouble.connecting(e).toString());
                    breakOff();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                breakOff();
            }
        }

        private @Nullable Socket handshakeWithServer(Socket dialled) {
            try {
                return server.secure(dialled);
            } catch (IOException e) {
                failed(Kind.SERVER_HANDSHAKE, e);
                return null;
            }
        }

        private @Nullable Socket handshakeWithClient() {
            if (certificate == null) {
                return client;
            }
            try {
                client.setSoTimeout(HANDSHAKE_MILLIS);
                var socket = (SSLSocket) certificate.getSocketFactory().createSocket(client, null, true);
                socket.startHandshake();
                socket.setSoTimeout(0);
                return socket;
            } catch (IOException e) {
                failed(Kind.CLIENT_HANDSHAKE, e);
                return null;
            }
        }

        /** Tells of a failed handshake, and closes in the ordinary way, so that the peers can read TLS's alert. */
        private void failed(Kind kind, IOException e) {
            // TLS closes a socket before it throws: the peer, and this proxy, may already be ending.
            if (broken.compareAndSet(false, true) || !WireTrouble.isClosedHere(e)) {
                tell(number, kind, WireTrouble.shakingHands(e).toString());
            }
            Sockets.close(client);
            Socket dialled = toServer;
            if (dialled != null) {
                Sockets.close(dialled);
            }
        }

        private void pass(Side from, Socket source, Socket target) {
            byte[] buffer = new byte[BUFFER];
            try {
                InputStream in = source.getInputStream();
                while (true) {
                    int count;
                    try {
                        count = in.read(buffer);
                    } catch (IOException e) {
                        if (!WireTrouble.isEndWithoutGoodbye(e)) {
                            brokenBy(from);
                            return;
                        }
                        end(from, target, WireEvent.WITHOUT_GOODBYE);
                        return;
                    }
                    if (count < 0) {
                        end(from, target, "");
                        return;
                    }
                    // Told first: so an answer is never told before its question.
                    events.accept(new WireEvent(
                            clock.getAsLong(), number, Kind.bytesFrom(from), Arrays.copyOf(buffer, count)));
                    OutputStream out = target.getOutputStream();
                    out.write(buffer, 0, count);
                    out.flush();
                }
            } catch (IOException e) {
                // The other side takes nothing any more, because it has reset its connection.
                brokenBy(from.other());
            }
        }

        private void end(Side from, Socket target, String how) throws IOException {
            tell(number, Kind.endOf(from), how);
            target.shutdownOutput();
        }

        private void brokenBy(Side side) {
            if (broken.compareAndSet(false, true)) {
                tell(number, Kind.resetBy(side), "");
            }
            breakOff();
        }

        /** Ends both halves with a reset. */
        void breakOff() {
            broken.set(true);
            // The plain sockets: over TLS, a close would say goodbye first.
            Sockets.reset(client);
            Socket dialled = toServer;
            if (dialled != null) {
                Sockets.reset(dialled);
            }
        }
    }
}
