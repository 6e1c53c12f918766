package zap.bench.wire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One thread that serves many connections: reads what has come, lets it be handled, and then writes what is due. */
final class EventLoop implements AutoCloseable {

    private static final int READ_BYTES = 256 * 1024;
    private static final int MOST_CLOSINGS = 100;

    private final Selector selector;
    private final Thread thread;
    private final byte[] in = new byte[READ_BYTES];
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final List<Connection> toFlush = new ArrayList<>();
    private volatile boolean closing;
    private int closings;

    EventLoop(String name) {
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
    }

    EventLoop start() {
        thread.start();
        return this;
    }

    /** So many loops, all of them running. */
    static List<EventLoop> start(int threads) {
        var loops = new ArrayList<EventLoop>();
        for (int i = 1; i <= threads; i++) {
            loops.add(new EventLoop("load-" + i).start());
        }
        return List.copyOf(loops);
    }

    /** Ends all of these, and waits for it. */
    static void stop(List<EventLoop> loops) {
        loops.forEach(EventLoop::close);
        try {
            for (EventLoop loop : loops) {
                loop.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits until the loop has ended. */
    void join() throws InterruptedException {
        thread.join();
    }

    /** Runs this on the loop's thread, soon. */
    void execute(Runnable task) {
        tasks.add(task);
        selector.wakeup();
    }

    boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    /** Opens a connection; its handler hears how that goes. */
    void connect(@Nullable InetSocketAddress from, InetSocketAddress to, Connection.Handler handler) {
        execute(() -> {
            var connection = new Connection(this, handler);
            try {
                SocketChannel channel = SocketChannel.open();
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                if (from != null) {
                    // The port is chosen when the connection is made, so that it need only be unique for this
                    // destination.
                    channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
                    channel.bind(from);
                }
                boolean connected = channel.connect(to);
                SelectionKey key = channel.register(
                        selector, connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, connection);
                connection.opened(channel, key);
                if (connected) {
                    handler.connected(connection);
                }
            } catch (IOException e) {
                handler.closed(connection, "cannot connect to " + to + ": " + e);
            }
        });
    }

    /** Accepts connections, each with a handler of its own. Returns the port. */
    int listen(InetSocketAddress address, Supplier<Connection.Handler> handlers) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open();
        listener.bind(address, 1024);
        listener.configureBlocking(false);
        execute(() -> {
            try {
                listener.register(selector, SelectionKey.OP_ACCEPT, handlers);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        return ((InetSocketAddress) listener.getLocalAddress()).getPort();
    }

    /** There is something to write on this connection; it is written after all that has come was handled. */
    void flushSoon(Connection connection) {
        toFlush.add(connection);
    }

    /** A connection was closed on this thread. */
    void closedOne() {
        closings++;
    }

    private void run() {
        try {
            while (!closing) {
                selector.select(this::ready);
                for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                    task.run();
                    if (closings >= MOST_CLOSINGS) {
                        // The system gets a closed socket back only when its key is taken off here.
                        closings = 0;
                        selector.selectNow(this::ready);
                    }
                }
                closings = 0;
                // By index: a connection that fails here may make another one due.
                for (int i = 0; i < toFlush.size(); i++) {
                    toFlush.get(i).flush();
                }
                toFlush.clear();
            }
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void ready(SelectionKey key) {
        if (key.attachment() instanceof Connection connection) {
            connection.ready(in);
        } else {
            accept(key);
        }
    }

    @SuppressWarnings("unchecked") // What is attached to a listener's key was attached in listen().
    private void accept(SelectionKey key) {
        try {
            SocketChannel channel = ((ServerSocketChannel) key.channel()).accept();
            while (channel != null) {
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                Connection.Handler handler = ((Supplier<Connection.Handler>) key.attachment()).get();
                var connection = new Connection(this, handler);
                connection.opened(channel, channel.register(selector, SelectionKey.OP_READ, connection));
                handler.connected(connection);
                channel = ((ServerSocketChannel) key.channel()).accept();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot accept", e);
        }
    }

    /** Closes all connections, without a goodbye. */
    @Override
    public void close() {
        closing = true;
        selector.wakeup();
    }
}
