package zap.check;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import zap.check.FrameScanner.Found;
import zap.check.WireTrace.Kind;

/**
 * A connection to the server under test. A thread of its own takes off what comes, so that a wait always has a bound;
 * all else belongs to the thread of the check.
 */
final class WireConnection implements AutoCloseable {

    /** Maximum number of bytes of one connection; a server that sends more floods its clients. */
    private static final long MAX_BYTES = 1 << 20;

    /** The time without bytes after which a short frame has ended: less than the usual gap between two of them. */
    private static final long PAUSE_MILLIS = 60;

    /** The time between two frames to a server that takes one {@code recv} for one frame. */
    private static final long PACE_MILLIS = 160;

    private final String actor;
    private final WireTrace trace;
    private final Dialect dialect;
    private final Socket socket;
    private final FrameScanner scanner;
    private final BlockingQueue<Chunk> came = new LinkedBlockingQueue<>();
    private final AtomicLong bytes = new AtomicLong();
    private long lastSent = System.nanoTime() - TimeUnit.SECONDS.toNanos(1);
    private volatile boolean flooded;
    private boolean ended;
    private @Nullable Chunk held;
    private long lastCame = System.nanoTime();

    /**
     * The result of one read.
     *
     * @param bytes none at the end of the stream
     * @param nanos the time when they came: a pause before them counts even if the check was busy then
     */
    private record Chunk(byte[] bytes, long nanos) {}

    /** The next thing that a connection has to say. */
    sealed interface Next {
        record Heard(Found found) implements Next {}

        record Nothing() implements Next {}

        record Closed() implements Next {}

        record Flooded() implements Next {}
    }

    /** @param reads false: what comes stays in the socket until {@link #readOn()} */
    WireConnection(String actor, Socket socket, Dialect dialect, WireTrace trace, boolean reads) {
        this.actor = actor;
        this.socket = socket;
        this.dialect = dialect;
        this.trace = trace;
        this.scanner = new FrameScanner(dialect.fullWidth(), !dialect.strict());
        trace.add(actor, Kind.NOTE, Phrase.of("trace.connected"));
        if (reads) {
            readOn();
        }
    }

    /** Starts to read. */
    void readOn() {
        Thread.ofVirtual().name("reads for " + actor).start(this::pump);
    }

    private void pump() {
        byte[] buffer = new byte[8192];
        try {
            InputStream in = socket.getInputStream();
            while (true) {
                int count = in.read(buffer);
                if (count < 0) {
                    break;
                }
                if (bytes.addAndGet(count) > MAX_BYTES) {
                    flooded = true;
                    break;
                }
                came.add(new Chunk(Arrays.copyOf(buffer, count), System.nanoTime()));
            }
        } catch (IOException e) {
            // A reset is an end as well.
        }
        came.add(new Chunk(new byte[0], System.nanoTime()));
    }

    void send(WireFrame frame) throws InterruptedException {
        sendWhole(dialect.encode(frame));
    }

    /** Sends bytes in one write, after a pause when the server needs one between two frames. */
    void sendWhole(byte[] whole) throws InterruptedException {
        if (dialect.paced()) {
            long since = (System.nanoTime() - lastSent) / 1_000_000;
            if (since < PACE_MILLIS) {
                Thread.sleep(PACE_MILLIS - since); // the server would take two frames for one
            }
        }
        write(whole);
        Shown.sent(whole, dialect.fullWidth()).forEach(line -> trace.add(actor, Kind.SENT, line));
    }

    /** Sends bytes in one write, at once, whatever they are. */
    void sendPart(byte[] part) {
        write(part);
        trace.add(actor, Kind.SENT, Shown.quoted(new String(part, StandardCharsets.UTF_8)));
    }

    private void write(byte[] whole) {
        try {
            socket.getOutputStream().write(whole);
            socket.getOutputStream().flush();
        } catch (IOException e) {
            trace.add(actor, Kind.NOTE, Phrase.of("trace.cannot-send"));
            throw new CheckFailure(Phrase.of("expected.open", actor), Phrase.of("actual.closed", actor));
        } finally {
            lastSent = System.nanoTime();
        }
    }

    /** Waits for the next frame, or for bytes that are none. */
    Next next(Duration most) throws InterruptedException {
        long until = System.nanoTime() + most.toNanos();
        boolean pause = false;
        while (true) {
            @Nullable Found found = scanner.next(pause);
            if (found != null) {
                trace.add(actor, Kind.RECEIVED, shown(found));
                return new Next.Heard(found);
            }
            if (ended) {
                return flooded ? new Next.Flooded() : new Next.Closed();
            }
            long rest = (until - System.nanoTime()) / 1_000_000;
            if (rest <= 0) {
                return new Next.Nothing();
            }
            @Nullable
            Chunk chunk = held != null ? held : came.poll(Math.min(rest, PAUSE_MILLIS), TimeUnit.MILLISECONDS);
            held = null;
            if (chunk == null) {
                pause = System.nanoTime() - lastCame >= PAUSE_MILLIS * 1_000_000;
            } else if (!pause && chunk.nanos() - lastCame > PAUSE_MILLIS * 1_000_000) {
                held = chunk;
                pause = true;
            } else {
                pause = add(chunk);
            }
        }
    }

    /** Takes a chunk in, and returns whether it was the end. */
    private boolean add(Chunk chunk) {
        lastCame = chunk.nanos();
        if (chunk.bytes().length == 0) {
            ended = true;
            trace.add(actor, Kind.NOTE, Phrase.of(flooded ? "trace.flooded" : "trace.closed-by-server"));
            return true;
        }
        scanner.add(chunk.bytes());
        return false;
    }

    private static Object shown(Found found) {
        return switch (found) {
            case Found.Whole whole -> whole.frame().toString();
            case Found.NoFrame none -> Phrase.of("trace.no-frame", Shown.quoted(none.text()));
        };
    }

    /** Returns the bytes of a frame whose rest has not come. */
    String rest() {
        return scanner.rest();
    }

    /** Ends the connection with a reset. */
    void breakOff() {
        trace.add(actor, Kind.NOTE, Phrase.of("trace.breaks-off"));
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // It is gone, which was wanted.
        }
    }

    @Override
    public void close() {
        if (!socket.isClosed()) {
            trace.add(actor, Kind.NOTE, Phrase.of("trace.closes"));
        }
        abort();
    }

    /** Closes the socket from any thread. */
    void abort() {
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone, which was wanted.
        }
    }
}
