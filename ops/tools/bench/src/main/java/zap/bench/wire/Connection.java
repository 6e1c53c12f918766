package zap.bench.wire;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a loop. What is put is written together after all that had come was handled; put by another thread,
 * it is written at once.
 */
final class Connection {

    /** Hears what happens on one connection, on the loop's thread. */
    interface Handler {

        void connected(Connection connection);

        /**
         * Takes whole frames off the front.
         *
         * @return where the first byte is that was not taken
         */
        int received(Connection connection, byte[] bytes, int from, int to);

        /** All that had come was handled: a moment to put what is due once for many. */
        void caughtUp(Connection connection);

        /** It is closed, by the other side or because something is broken. Not called for a close of our own. */
        void closed(Connection connection, String why);
    }

    private static final byte[] NOTHING = {};
    private static final int FIRST_OUT_BYTES = 512;

    /** Buffers that have grown beyond this are released after they were written. */
    private static final int KEPT_OUT_BYTES = 16 * 1024;

    private final EventLoop loop;
    private final Handler handler;
    private final Object lock = new Object();
    private byte[] rest = NOTHING;
    private byte[] out = NOTHING;
    private int outFrom;
    private int outTo;
    private boolean flushing;
    private boolean closed;
    private @Nullable SocketChannel channel;
    private @Nullable SelectionKey key;

    Connection(EventLoop loop, Handler handler) {
        this.loop = loop;
        this.handler = handler;
    }

    void opened(SocketChannel channel, SelectionKey key) {
        this.channel = channel;
        this.key = key;
    }

    /** Writes these bytes, soon and in order. */
    void put(byte[] bytes) {
        put(bytes, 0, bytes.length);
    }

    void put(byte[] bytes, int from, int length) {
        synchronized (lock) {
            if (closed) {
                return;
            }
            makeRoom(length);
            System.arraycopy(bytes, from, out, outTo, length);
            outTo += length;
            if (!loop.isCurrent()) {
                write();
            } else if (!flushing) {
                flushing = true;
                loop.flushSoon(this);
            }
        }
    }

    private void makeRoom(int length) {
        if (outTo + length <= out.length) {
            return;
        }
        int waiting = outTo - outFrom;
        byte[] roomier = waiting + length <= out.length
                ? out
                : new byte[Math.max(FIRST_OUT_BYTES, Integer.highestOneBit(waiting + length) * 2)];
        System.arraycopy(out, outFrom, roomier, 0, waiting);
        out = roomier;
        outFrom = 0;
        outTo = waiting;
    }

    void flush() {
        synchronized (lock) {
            flushing = false;
            if (!closed) {
                write();
            }
        }
    }

    private void write() {
        try {
            if (outFrom < outTo) {
                outFrom += Objects.requireNonNull(channel).write(ByteBuffer.wrap(out, outFrom, outTo - outFrom));
            }
            SelectionKey key = Objects.requireNonNull(this.key);
            if (outFrom < outTo) {
                if ((key.interestOps() & SelectionKey.OP_WRITE) == 0) {
                    key.interestOpsOr(SelectionKey.OP_WRITE);
                    key.selector().wakeup();
                }
                return;
            }
            outFrom = 0;
            outTo = 0;
            if (out.length > KEPT_OUT_BYTES) {
                out = NOTHING;
            }
            if ((key.interestOps() & SelectionKey.OP_WRITE) != 0) {
                key.interestOpsAnd(~SelectionKey.OP_WRITE);
            }
        } catch (IOException e) {
            loop.execute(() -> broken("cannot write: " + e.getMessage()));
        }
    }

    void ready(byte[] in) {
        SelectionKey key = Objects.requireNonNull(this.key);
        if (!key.isValid()) {
            return;
        }
        try {
            if (key.isConnectable() && Objects.requireNonNull(channel).finishConnect()) {
                key.interestOps(SelectionKey.OP_READ);
                handler.connected(this);
            } else {
                if (key.isWritable()) {
                    flush();
                }
                if (key.isValid() && key.isReadable()) {
                    read(in);
                }
            }
        } catch (IOException e) {
            broken(e.toString());
        }
    }

    private void read(byte[] in) throws IOException {
        int had = rest.length;
        System.arraycopy(rest, 0, in, 0, had);
        int came = Objects.requireNonNull(channel).read(ByteBuffer.wrap(in, had, in.length - had));
        if (came < 0) {
            broken(had == 0 ? "closed by the other side" : "closed by the other side inside a frame");
            return;
        }
        int to = had + came;
        int from = handler.received(this, in, 0, to);
        rest = from == to ? NOTHING : Arrays.copyOfRange(in, from, to);
        handler.caughtUp(this);
    }

    private void broken(String why) {
        synchronized (lock) {
            if (closed) {
                return;
            }
        }
        close(false);
        handler.closed(this, why);
    }

    /**
     * Says no more. The handler hears that the connection is closed when the other side has closed it, too: until then
     * what it says is read.
     */
    void finish() {
        synchronized (lock) {
            try {
                Objects.requireNonNull(channel).shutdownOutput();
                return;
            } catch (IOException e) {
                // Then it is broken already.
            }
        }
        broken("broken while hanging up");
    }

    /** Hangs up, without telling the handler. */
    void close(boolean reset) {
        synchronized (lock) {
            closed = true;
            if (loop.isCurrent()) {
                loop.closedOne();
            }
            try {
                SocketChannel open = channel;
                if (open != null) {
                    if (reset) {
                        open.setOption(StandardSocketOptions.SO_LINGER, 0);
                    }
                    open.close();
                }
            } catch (IOException e) {
                // What was to be closed is gone already.
                channel = null;
            }
        }
    }
}
