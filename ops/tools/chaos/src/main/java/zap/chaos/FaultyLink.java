package zap.chaos;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * A way between two processes, as from a participant to a server: a proxy on loopback that can cut, reset, stall and
 * swallow.
 */
final class FaultyLink implements AutoCloseable {

    private static final int BUFFER = 4096;
    private static final int CONNECT_MILLIS = 2_000;
    private static final long LONGEST_STALL_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** The treatment of bytes on their way. */
    enum Mode {
        /** They arrive. */
        PASS,
        /** They wait, and arrive when it passes again. */
        STALL,
        /** They are taken and never arrive: the connection is cut when it passes again, as when a host has vanished. */
        SWALLOW,
        /** New connections are refused. */
        DOWN
    }

    private final ServerSocket listening;
    private final int serverPort;
    private final BooleanSupplier admits;
    private final Set<Pair> pairs = ConcurrentHashMap.newKeySet();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private Mode mode = Mode.PASS;
    private boolean closed;

    FaultyLink(int serverPort) throws IOException {
        this(serverPort, () -> true);
    }

    /** @param admits is asked for each connection whether it may be made */
    FaultyLink(int serverPort, BooleanSupplier admits) throws IOException {
        this.serverPort = serverPort;
        this.admits = admits;
        this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().name("link").start(this::accept);
    }

    /** Returns the port that the participant takes for the server's. */
    int port() {
        return listening.getLocalPort();
    }

    /** From now on bytes fare so. */
    void mode(Mode next) {
        Mode before;
        lock.lock();
        try {
            before = mode;
            mode = next;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (before == Mode.SWALLOW || next == Mode.DOWN) {
            reset();
        }
    }

    /** Ends all connections at once, as when a cable is cut and both sides are told. */
    void reset() {
        pairs.forEach(Pair::reset);
    }

    /**
     * Ends the participant's half of all connections, as when its host has vanished. The server's half stays, and
     * nobody tells the server.
     */
    void abandon() {
        pairs.forEach(Pair::abandon);
    }

    /**
     * Ends all connections after so many more bytes in either direction: in the middle of a frame, if it so happens.
     */
    void cutAfter(int bytes) {
        pairs.forEach(pair -> pair.cutAfter(bytes));
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket fromClient = listening.accept();
                if (isDown() || !admits.getAsBoolean()) {
                    abort(fromClient);
                    continue;
                }
                Thread.ofVirtual().name("link connects").start(() -> connect(fromClient));
            } catch (IOException e) {
                if (!listening.isClosed()) {
                    throw new IllegalStateException("the link cannot accept", e);
                }
            }
        }
    }

    private boolean isDown() {
        lock.lock();
        try {
            return mode == Mode.DOWN;
        } finally {
            lock.unlock();
        }
    }

    private void connect(Socket fromClient) {
        var toServer = new Socket();
        try {
            toServer.setTcpNoDelay(true);
            fromClient.setTcpNoDelay(true);
            toServer.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort), CONNECT_MILLIS);
        } catch (IOException e) {
            abort(fromClient);
            abort(toServer);
            return;
        }
        var pair = new Pair(fromClient, toServer);
        pairs.add(pair);
        Thread.ofVirtual().name("link up").start(() -> pair.carry(fromClient, toServer));
        Thread.ofVirtual().name("link down").start(() -> pair.carry(toServer, fromClient));
    }

    /** Closes so that the other side learns of it as of a breakdown. */
    private static void abort(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            // It is closed already.
        }
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone all the same.
        }
    }

    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        listening.close();
        reset();
    }

    /** One connection of the participant's, and its other half. */
    private final class Pair {

        private final Socket fromClient;
        private final Socket toServer;
        private int left = Integer.MAX_VALUE; // bytes until it is cut
        /**
         * Something of it was swallowed: nothing passes any more until it is cut, or there would be a hole in it, which
         * TCP never has.
         */
        private boolean swallowing;

        private boolean abandoned;

        Pair(Socket fromClient, Socket toServer) {
            this.fromClient = fromClient;
            this.toServer = toServer;
        }

        void cutAfter(int bytes) {
            lock.lock();
            try {
                left = Math.min(left, bytes);
            } finally {
                lock.unlock();
            }
        }

        void reset() {
            pairs.remove(this);
            abort(fromClient);
            abort(toServer);
        }

        void abandon() {
            lock.lock();
            try {
                swallowing = true;
                abandoned = true;
            } finally {
                lock.unlock();
            }
            abort(fromClient);
        }

        private boolean isAbandoned() {
            lock.lock();
            try {
                return abandoned;
            } finally {
                lock.unlock();
            }
        }

        void carry(Socket from, Socket to) {
            var buffer = new byte[BUFFER];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                int count;
                while ((count = in.read(buffer)) >= 0) {
                    if (!mayPass()) {
                        continue;
                    }
                    int allowed = take(count);
                    out.write(buffer, 0, allowed);
                    out.flush();
                    if (allowed < count) {
                        reset();
                        return;
                    }
                }
                if (mayPass()) {
                    to.shutdownOutput();
                } else if (isAbandoned()) {
                    reset(); // the server has given it up
                }
            } catch (IOException e) {
                if (!from.equals(fromClient) || !isAbandoned()) {
                    reset();
                }
            }
        }

        private int take(int count) {
            lock.lock();
            try {
                int allowed = Math.min(count, left);
                if (left != Integer.MAX_VALUE) {
                    left -= allowed;
                }
                return allowed;
            } finally {
                lock.unlock();
            }
        }

        /** Waits while it is stalled. False: these bytes are gone. */
        private boolean mayPass() throws IOException {
            lock.lock();
            try {
                long left = LONGEST_STALL_NANOS;
                while (mode == Mode.STALL && !closed && left > 0) {
                    left = changed.awaitNanos(left);
                }
                swallowing |= mode != Mode.PASS && mode != Mode.STALL;
                return !swallowing;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            } finally {
                lock.unlock();
            }
        }
    }
}
