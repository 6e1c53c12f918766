package zap.bench.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import zap.protocol.FrameType;

/**
 * The floor of wire and load generator: takes 01, 03 and 05 as a server does, and hands each message on without storing
 * it anywhere. No groups, no receipts, nothing checked. Whoever is away gets what waits, as long as this process lives.
 */
public final class Relay implements AutoCloseable {

    /** Decides how often a message is handed on: once, unless somebody wants to see whether that is noticed. */
    @FunctionalInterface
    public interface Fate {

        /**
         * Returns how often a message is handed on.
         *
         * @param number of the message, counted over all of them from 1 on
         */
        int copies(long number);
    }

    private static final int CODE_WIDTH = 2;
    private static final int ID_WIDTH = 13;
    private static final int RECIPIENT_AT = CODE_WIDTH + ID_WIDTH;
    private static final int SEND = FrameType.SEND.codeNumber();
    private static final int SEND_WIDTH = FrameType.SEND.width();
    private static final byte[] DELIVER_CODE = FrameType.DELIVER.code().getBytes(US_ASCII);
    private static final long FIRST_ID = 1_000_000_000_000L;

    private final EventLoop loop = new EventLoop("relay");
    private final Map<Long, Client> clients = new HashMap<>();
    private final Fate fate;
    private final int port;
    private long nextId = FIRST_ID;
    private long messages;

    private static final class Client {
        final Queue<byte[]> waiting = new ArrayDeque<>();

        @Nullable
        Connection connection;
    }

    /**
     * Listens from now on.
     *
     * @param port to listen on, on this machine only; 0 for any
     * @param fate decides what becomes of messages
     */
    public Relay(int port, Fate fate) {
        this.fate = fate;
        try {
            this.port = loop.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), Peer::new);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen on port " + port, e);
        }
        loop.start();
    }

    /** Returns the port on which it listens. */
    public int port() {
        return port;
    }

    /** Goes on until it is closed. */
    public void join() throws InterruptedException {
        loop.join();
    }

    @Override
    public void close() {
        loop.close();
    }

    private final class Peer implements Connection.Handler {

        private @Nullable Client client;

        @Override
        public void connected(Connection connection) {}

        @Override
        public int received(Connection connection, byte[] bytes, int from, int to) {
            int at = from;
            while (to - at >= CODE_WIDTH) {
                int code = (int) digits(bytes, at, CODE_WIDTH);
                FrameType type = FrameType.ofCode(code);
                if (type == null) {
                    connection.close(false);
                    return to;
                }
                if (to - at < type.width()) {
                    return at;
                }
                if (code == SEND) {
                    handOn(bytes, at);
                } else if (type == FrameType.REGISTER) {
                    long id = nextId++;
                    connection.put((FrameType.REGISTERED.code() + id).getBytes(US_ASCII));
                    takeOver(id, connection);
                } else if (type == FrameType.CONNECT) {
                    takeOver(digits(bytes, at + CODE_WIDTH, ID_WIDTH), connection);
                }
                at += type.width();
            }
            return at;
        }

        private void takeOver(long id, Connection connection) {
            Client owner = clients.computeIfAbsent(id, _ -> new Client());
            client = owner;
            owner.connection = connection;
            for (byte[] frame = owner.waiting.poll(); frame != null; frame = owner.waiting.poll()) {
                connection.put(frame);
            }
        }

        private void handOn(byte[] bytes, int at) {
            messages++;
            Client recipient = clients.get(digits(bytes, at + RECIPIENT_AT, ID_WIDTH));
            for (int copies = fate.copies(messages); recipient != null && copies > 0; copies--) {
                System.arraycopy(DELIVER_CODE, 0, bytes, at, CODE_WIDTH);
                Connection connection = recipient.connection;
                if (connection == null) {
                    byte[] kept = new byte[SEND_WIDTH];
                    System.arraycopy(bytes, at, kept, 0, SEND_WIDTH);
                    recipient.waiting.add(kept);
                } else {
                    connection.put(bytes, at, SEND_WIDTH);
                }
            }
        }

        @Override
        public void caughtUp(Connection connection) {}

        @Override
        public void closed(Connection connection, String why) {
            Client owner = client;
            if (owner != null && owner.connection == connection) {
                owner.connection = null;
            }
        }
    }

    private static long digits(byte[] bytes, int at, int width) {
        long value = 0;
        for (int i = at; i < at + width; i++) {
            value = 10 * value + (bytes[i] - '0');
        }
        return value;
    }
}
