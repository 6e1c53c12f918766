package zap.shell.connection;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import zap.protocol.Frame;
import zap.protocol.MalformedFrameException;

/**
 * Keeps a connection to the server for as long as it is wanted: dials, says who we are, carries frames both ways, and begins anew
 * when the connection breaks.
 *
 * <p>It ends in an orderly way: what the server has already sent is still taken in, because a server of the base protocol counts it
 * as delivered.
 */
public final class Line implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Line.class);

    private static final int READ_BUFFER = 64 * 1024;
    private static final Duration LAST_WORDS = Duration.ofSeconds(3);
    private static final Duration LOOK_AROUND = Duration.ofMillis(250);

    /** What a line is doing. */
    public enum Phase {
        OFF,
        CONNECTING,
        ONLINE,
        WAITING
    }

    /** Why there is no connection. */
    public enum Trouble {
        NO_SUCH_HOST,
        REFUSED,
        NO_ANSWER,
        CLOSED_BY_SERVER,
        NONSENSE,
        BROKEN
    }

    /**
     * What a line is doing.
     *
     * @param nextTry when it will dial again; null unless it is waiting
     * @param trouble what went wrong last; null when nothing did
     */
    public record State(
            Phase phase,
            @Nullable Instant nextTry,
            @Nullable Trouble trouble) {}

    private final Transport.Dialer dialer;
    private final Supplier<Wire> wires;
    private final Correspondent correspondent;
    private final Pauses pauses;
    private final InstantSource clock;
    private final Consumer<State> watcher;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean wanted;
    private boolean nudged;
    private @Nullable Thread worker;
    private volatile State state = new State(Phase.OFF, null, null);

    public Line(
            Transport.Dialer dialer,
            Supplier<Wire> wires,
            Correspondent correspondent,
            Pauses pauses,
            InstantSource clock,
            Consumer<State> watcher) {
        this.dialer = dialer;
        this.wires = wires;
        this.correspondent = correspondent;
        this.pauses = pauses;
        this.clock = clock;
        this.watcher = watcher;
    }

    public State state() {
        return state;
    }

    /** Wants a connection from now on. When it is waiting to dial, it dials at once. */
    public void open() {
        lock.lock();
        try {
            wanted = true;
            nudged = true;
            changed.signalAll();
            if (worker == null) {
                worker = Thread.ofPlatform().daemon().name("zap-line").start(this::work);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Something may be due. */
    public void nudge() {
        lock.lock();
        try {
            nudged = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Wants no connection any more; returns when there is none. */
    @Override
    public void close() {
        @Nullable Thread running;
        lock.lock();
        try {
            wanted = false;
            changed.signalAll();
            running = worker;
        } finally {
            lock.unlock();
        }
        if (running != null && running != Thread.currentThread()) {
            try {
                running.join(LAST_WORDS.plusSeconds(2));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void work() {
        @Nullable Trouble trouble = null;
        while (isWanted()) {
            say(new State(Phase.CONNECTING, null, trouble));
            trouble = null;
            try (Transport transport = dialer.dial()) {
                trouble = converse(transport);
            } catch (IOException e) {
                trouble = troubleOf(e);
                log.info("No connection: {}", String.valueOf(e));
            } catch (RuntimeException e) {
                trouble = Trouble.BROKEN;
                log.error("The line broke", e);
            }
            if (!isWanted()) {
                break;
            }
            Duration pause = pauses.next();
            say(new State(Phase.WAITING, clock.instant().plus(pause), trouble));
            waitToDial(pause);
        }
        lock.lock();
        try {
            worker = null;
        } finally {
            lock.unlock();
        }
        say(new State(Phase.OFF, null, null));
        if (isWanted()) {
            open(); // Wanted again while it was ending.
        }
    }

    private @Nullable Trouble converse(Transport transport) throws IOException {
        Wire wire = wires.get();
        wire.owner(correspondent.self());
        transport.write(wire.encode(new Frame.Connect(correspondent.self())));
        pauseAfterWrite(wire);
        var reader = new Reader(transport, wire);
        correspondent.opened();
        Thread reading = Thread.ofPlatform().daemon().name("zap-line-reader").start(reader);
        try {
            say(new State(Phase.ONLINE, null, null));
            while (isWanted() && !reader.isDone()) {
                write(transport, wire, correspondent.due());
                if (correspondent.isOverdue()) {
                    return Trouble.NO_ANSWER;
                }
                waitForNudge();
            }
            if (!reader.isDone()) {
                write(transport, wire, correspondent.due());
                transport.finishWriting();
                join(reading, LAST_WORDS);
            }
        } catch (IOException e) {
            // What the server has still said counts as delivered there: take it in before letting go.
            join(reading, Duration.ofMillis(500));
            throw e;
        } finally {
            transport.close();
            join(reading, LAST_WORDS);
            correspondent.closed();
        }
        return reader.trouble();
    }

    private void write(Transport transport, Wire wire, List<Frame> frames) throws IOException {
        if (frames.isEmpty()) {
            return;
        }
        if (wire.gap().isZero()) {
            // Marks and the messages between them arrive together or not at all, as far as that can be had.
            var bytes = new ByteArrayOutputStream();
            for (Frame frame : frames) {
                bytes.writeBytes(wire.encode(frame));
            }
            transport.write(bytes.toByteArray());
            return;
        }
        for (Frame frame : frames) {
            transport.write(wire.encode(frame));
            pauseAfterWrite(wire);
        }
    }

    private static void pauseAfterWrite(Wire wire) {
        if (!wire.gap().isZero()) {
            try {
                // A program that does one recv for each message must not find two in it.
                Thread.sleep(wire.gap());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void join(Thread thread, Duration patience) {
        try {
            thread.join(patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isWanted() {
        lock.lock();
        try {
            return wanted;
        } finally {
            lock.unlock();
        }
    }

    private void waitForNudge() {
        lock.lock();
        try {
            long left = LOOK_AROUND.toNanos();
            while (!nudged && wanted && left > 0) {
                left = changed.awaitNanos(left);
            }
            nudged = false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            wanted = false;
        } finally {
            lock.unlock();
        }
    }

    private void waitToDial(Duration pause) {
        lock.lock();
        try {
            nudged = false;
            long left = pause.toNanos();
            while (wanted && !nudged && left > 0) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            wanted = false;
        } finally {
            lock.unlock();
        }
    }

    private void say(State next) {
        state = next;
        watcher.accept(next);
    }

    private static Trouble troubleOf(IOException e) {
        return switch (e) {
            case UnknownHostException unknown -> Trouble.NO_SUCH_HOST;
            case ConnectException refused -> Trouble.REFUSED;
            case SocketTimeoutException silent -> Trouble.NO_ANSWER;
            default -> Trouble.BROKEN;
        };
    }

    /** Takes in what comes until nothing does any more. */
    private final class Reader implements Runnable {

        private final Transport transport;
        private final Wire wire;
        private volatile boolean done;
        private volatile @Nullable Trouble trouble;

        Reader(Transport transport, Wire wire) {
            this.transport = transport;
            this.wire = wire;
        }

        boolean isDone() {
            return done;
        }

        @Nullable
        Trouble trouble() {
            return trouble;
        }

        @Override
        public void run() {
            var buffer = ByteBuffer.allocate(READ_BUFFER);
            try {
                while (true) {
                    boolean mayBeWhole = buffer.position() > 0;
                    int count = transport.read(buffer, mayBeWhole ? wire.pause() : Duration.ZERO);
                    buffer.flip();
                    for (Frame frame : wire.decode(buffer, count <= 0)) {
                        pauses.reset();
                        correspondent.came(frame);
                    }
                    buffer.compact();
                    nudge();
                    if (count < 0) {
                        trouble = Trouble.CLOSED_BY_SERVER;
                        return;
                    }
                }
            } catch (MalformedFrameException e) {
                trouble = Trouble.NONSENSE;
                log.warn("The server sent what is no frame: {}", e.getMessage());
            } catch (IOException e) {
                trouble = Trouble.BROKEN;
                log.info("The connection broke: {}", String.valueOf(e));
            } catch (RuntimeException e) {
                trouble = Trouble.BROKEN;
                log.error("What came could not be taken in", e);
            } finally {
                done = true;
                transport.close();
                nudge();
            }
        }
    }
}
