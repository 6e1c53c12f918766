package zap.server.gateway.tcp;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One side of a connection, without a network: a test supplies the input, packet by packet, and sees the output, write
 * by write. A read never waits: without input it throws {@link NothingYetException}.
 */
public final class MemorySocket extends Socket {

    /** A real socket would wait here for what the peer says next. */
    public static final class NothingYetException extends IOException {
        private static final long serialVersionUID = 1;

        NothingYetException() {
            super("nothing has come yet");
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // Guarded by the lock.
    private final ArrayDeque<byte[]> packets = new ArrayDeque<>();
    private final List<byte[]> writes = new ArrayList<>();
    private int readOfFirst;
    private boolean pausing;
    private boolean ended;
    private boolean stalled;
    private boolean closed;
    private int timeout;

    /** Lets the peer send a packet. */
    public void comes(byte[] packet) {
        locked(() -> {
            if (packet.length > 0) {
                packets.addLast(packet);
            }
        });
    }

    /** Lets the peer send nothing for a while, so that a read with a time limit fails. */
    public void pauses() {
        locked(() -> pausing = true);
    }

    /** Lets the peer end its stream. */
    public void ends() {
        locked(() -> ended = true);
    }

    /** Lets the peer stop reading, or begin again. */
    public void stall(boolean stops) {
        locked(() -> stalled = stops);
    }

    public boolean isStalled() {
        lock.lock();
        try {
            return stalled;
        } finally {
            lock.unlock();
        }
    }

    /** Returns the writes since the last call. */
    public List<byte[]> takeWrites() {
        lock.lock();
        try {
            var taken = List.copyOf(writes);
            writes.clear();
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for writes, and returns those since the last call.
     *
     * @return an empty list when none has come in time
     * @throws EOFException when the server has hung up, and all its writes were taken
     */
    public List<byte[]> awaitWrites(Duration most) throws EOFException {
        long left = most.toNanos();
        lock.lock();
        try {
            while (writes.isEmpty() && !closed && left > 0) {
                left = changed.awaitNanos(left);
            }
            if (writes.isEmpty() && closed) {
                throw new EOFException("the server has hung up");
            }
            return takeWrites();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the server hangs up, and returns whether it has. */
    public boolean awaitClosed(long seconds) throws InterruptedException {
        long left = TimeUnit.SECONDS.toNanos(seconds);
        lock.lock();
        try {
            while (!closed && left > 0) {
                left = changed.awaitNanos(left);
            }
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private int readSome(byte[] into, int offset, int length) throws IOException {
        lock.lock();
        try {
            if (closed) {
                throw new SocketException("closed");
            }
            byte[] first = packets.peekFirst();
            if (first != null) {
                int count = Math.min(length, first.length - readOfFirst);
                System.arraycopy(first, readOfFirst, into, offset, count);
                readOfFirst += count;
                if (readOfFirst == first.length) {
                    packets.removeFirst();
                    readOfFirst = 0;
                }
                return count;
            }
            if (pausing && timeout > 0) {
                pausing = false;
                throw new SocketTimeoutException("nothing came for " + timeout + " ms");
            }
            if (ended) {
                return -1;
            }
            pausing = false;
            throw new NothingYetException();
        } finally {
            lock.unlock();
        }
    }

    private void write(byte[] bytes) throws IOException {
        lock.lock();
        try {
            while (stalled && !closed) {
                changed.awaitUninterruptibly();
            }
            if (closed) {
                throw new SocketException("closed");
            }
            writes.add(bytes);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public InputStream getInputStream() {
        return new InputStream() {
            @Override
            public int read() {
                throw new UnsupportedOperationException();
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                return readSome(into, offset, length);
            }

            @Override
            public int available() {
                lock.lock();
                try {
                    return packets.stream().mapToInt(packet -> packet.length).sum() - readOfFirst;
                } finally {
                    lock.unlock();
                }
            }
        };
    }

    @Override
    public OutputStream getOutputStream() {
        return new OutputStream() {
            @Override
            public void write(int b) {
                throw new UnsupportedOperationException();
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                MemorySocket.this.write(java.util.Arrays.copyOfRange(bytes, offset, offset + length));
            }
        };
    }

    @Override
    public void setSoTimeout(int milliseconds) {
        locked(() -> timeout = milliseconds);
    }

    @Override
    public int getSoTimeout() {
        return timeout;
    }

    @Override
    public InetAddress getInetAddress() {
        return InetAddress.getLoopbackAddress();
    }

    @Override
    public InetAddress getLocalAddress() {
        return InetAddress.getLoopbackAddress();
    }

    @Override
    public int getPort() {
        return 1;
    }

    @Override
    public int getLocalPort() {
        return 2;
    }

    @Override
    public boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        locked(() -> closed = true);
    }
}
