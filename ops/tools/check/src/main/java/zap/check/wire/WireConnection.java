package zap.check.wire;

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
import zap.check.report.CheckFailure;
import zap.check.report.WireTrace;
import zap.check.report.WireTrace.Kind;
import zap.check.wire.FrameScanner.Found;
import zap.kit.Phrase;
import zap.kit.Shown;
import zap.kit.Sockets;
import zap.kit.WireFrame;

/**
 * A connection to the program under test. A thread of its own takes off what comes, so that a wait always has a bound;
 * all else belongs to the thread of the check.
 */
public final class WireConnection implements AutoCloseable {

    /** Maximum number of bytes of one connection; a program that sends more floods its peer. */
    private static final long MAX_BYTES = 1 << 20;

    /** The time between two frames to a server that takes one {@code recv} for one frame. */
    private static final long PACE_MILLIS = 160;

    private final String actor;
    private final WireTrace trace;
    private final Speech speech;
    private final long pauseMillis;
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
    public sealed interface Next {
        record Heard(Found found) implements Next {}

        record Nothing() implements Next {}

        record Closed() implements Next {}

        record Flooded() implements Next {}
    }

    /**
     * Takes over a socket.
     *
     * @param reads false: what comes stays in the socket until {@link #readOn()}
     */
    public WireConnection(String actor, Socket socket, Speech speech, WireTrace trace, boolean reads) {
        this.actor = actor;
        this.socket = socket;
        this.speech = speech;
        this.trace = trace;
        this.pauseMillis = speech.pause().toMillis();
        this.scanner = new FrameScanner(speech.fullWidth(), speech.forgiving(), speech.peer());
        trace.add(actor, Kind.NOTE, Phrase.of("trace.connected"));
        if (reads) {
            readOn();
        }
    }

    /** Starts to read. */
    public void readOn() {
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

    public void send(WireFrame frame) throws InterruptedException {
        sendWhole(speech.encode(frame));
    }

    /** Sends bytes in one write, after a pause when the server needs one between two frames. */
    public void sendWhole(byte[] whole) throws InterruptedException {
        if (speech.paced()) {
            long since = (System.nanoTime() - lastSent) / 1_000_000;
            if (since < PACE_MILLIS) {
                Thread.sleep(PACE_MILLIS - since); // the server would take two frames for one
            }
        }
        write(whole);
        Shown.sent(whole, speech.fullWidth()).forEach(line -> trace.add(actor, Kind.SENT, line));
    }

    /** Sends bytes in one write, at once, whatever they are. */
    public void sendPart(byte[] part) {
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
    public Next next(Duration most) throws InterruptedException {
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
            @Nullable Chunk chunk = held != null ? held : came.poll(Math.min(rest, pauseMillis), TimeUnit.MILLISECONDS);
            held = null;
            if (chunk == null) {
                pause = System.nanoTime() - lastCame >= pauseMillis * 1_000_000;
            } else if (!pause && chunk.nanos() - lastCame > pauseMillis * 1_000_000) {
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

    /** Returns the line breaks, blanks and NULs that stood between frames, and forgets them. */
    public String takeFiller() {
        return scanner.takeFiller();
    }

    /** Returns the bytes of a frame whose rest has not come. */
    public String rest() {
        return scanner.rest();
    }

    /** Ends the connection with a reset. */
    public void breakOff() {
        trace.add(actor, Kind.NOTE, Phrase.of("trace.breaks-off"));
        Sockets.reset(socket);
    }

    @Override
    public void close() {
        if (!socket.isClosed()) {
            trace.add(actor, Kind.NOTE, Phrase.of("trace.closes"));
        }
        abort();
    }

    /** Closes the socket from any thread. */
    public void abort() {
        Sockets.close(socket);
    }
}
