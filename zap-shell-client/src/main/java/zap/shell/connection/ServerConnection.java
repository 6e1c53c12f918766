package zap.shell.connection;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import zap.protocol.Frame;
import zap.protocol.MalformedFrameException;
import zap.protocol.Reason;

/**
 * Keeps a connection to the server for as long as it is wanted: dials, says who we are, carries frames both ways, and begins anew
 * when the connection breaks.
 *
 * <p>It ends in an orderly way: what the server has already sent is still taken in, because a server of the base protocol counts it
 * as delivered.
 */
public final class ServerConnection implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ServerConnection.class);

    private static final Duration LAST_WORDS = Duration.ofSeconds(3);
    private static final Duration LOOK_AROUND = Duration.ofMillis(250);

    /** What a line is doing. */
    public enum Phase {
        OFF,
        CONNECTING,
        ONLINE,
        WAITING
    }

    /** Why there is no session. What a person is told of each, and how a command ends, is in docs/client.md. */
    public enum ConnectionProblem {
        NO_SUCH_HOST,
        REFUSED,
        /** This computer knows no way to the server's network. */
        UNREACHABLE,
        /** No connection came about in time. */
        NO_ANSWER,
        /** The server took the connection, and says nothing. */
        SILENT,
        CLOSED_BY_SERVER,
        NONSENSE,
        BROKEN,
        SHUTTING_DOWN,
        /** The server ended the session, for another reason that it has for ending one. */
        SESSION_REFUSED,
        /** The server gives no number now, because too many were asked for from this address. */
        TOO_MANY_REGISTRATIONS,
        /** The server goes on with none of the streams that this store has begun for it. */
        NO_AGREEMENT,
        /** The server knows no assured sessions, or somebody between us pretends that; an identity with a key is not used without. */
        NOT_ASSURED,
        /** Somebody with the same identity has connected: dialling again would take it back from him, and he from us. */
        REPLACED,
        /** The server does not take our proof: it does not know the number, has it blocked, or has another key for it. */
        NOT_PROVEN,
        /** A server of the base protocol hung up when it was told the number: it does not know it, as far as can be seen. */
        NUMBER_NOT_TAKEN,
        /** No encrypted connection came about that can be trusted: the fault says why. */
        TLS,
        /** The server speaks TLS alone, and was not dialled so. */
        WANTS_TLS,
        /** The disk has no room for what comes, or for what is to be noted about what goes. */
        DISK_FULL,
        /** Nothing can be written to the disk. */
        DISK_READ_ONLY,
        /** The store is damaged. */
        STORE_DAMAGED,
        /** The store cannot be used for another reason. */
        DISK_FAILED,

        /** A bug of ours. */
        OUR_FAULT;

        /** Returns what the server's reason for ending a session means for the line. */
        public static ConnectionProblem of(Reason reason) {
            return switch (reason) {
                case REPLACED -> REPLACED;
                case NEEDS_PROOF, BAD_PROOF, UNKNOWN_CLIENT -> NOT_PROVEN;
                case SHUTTING_DOWN -> SHUTTING_DOWN;
                case MALFORMED,
                        NOT_CONNECTED,
                        ALREADY_CONNECTED,
                        NOT_YOURS_TO_SEND,
                        SPOOFED,
                        NOT_A_MEMBER,
                        BAD_GROUP,
                        BAD_TEXT,
                        MAILBOX_FULL,
                        TOO_FAST,
                        TIMED_OUT,
                        SLOW_CONSUMER -> SESSION_REFUSED;
            };
        }

        /** Returns what a failure to connect means. */
        public static ConnectionProblem of(IOException e) {
            return switch (e) {
                case UnknownHostException unknown -> NO_SUCH_HOST;
                case TlsFaultException untrusted -> TLS;
                case SessionStart.RefusedException unwanted -> unwanted.trouble();
                case ConnectException refused -> REFUSED;
                case NoRouteToHostException unreachable -> UNREACHABLE;
                case EOFException hungUp -> CLOSED_BY_SERVER;
                case SocketTimeoutException silent -> NO_ANSWER;
                default -> BROKEN;
            };
        }

        /** Returns whether the server does not accept the number, as far as it can be known. */
        public boolean isOfTheNumber() {
            return this == NOT_PROVEN || this == NUMBER_NOT_TAKEN;
        }

        /** Whether the cause is on this computer's disk, and not in the connection. */
        public boolean isOfDisk() {
            return this == DISK_FULL || this == DISK_READ_ONLY || this == STORE_DAMAGED || this == DISK_FAILED;
        }

        /** Whether dialling again by itself can do nothing good. */
        boolean isFinal() {
            return this == REPLACED || this == NOT_PROVEN;
        }
    }

    /**
     * What a line is doing.
     *
     * @param nextTry when it will dial again; null unless it is waiting
     * @param trouble what went wrong last; null when nothing did. A line that is off with a trouble has given up.
     * @param fault what is wrong with the encryption, when that is the trouble; else null
     * @param encryption how the connection is encrypted; null when there is none, or it is not
     */
    public record State(
            Phase phase,
            @Nullable Instant nextTry,
            @Nullable ConnectionProblem trouble,
            @Nullable TlsFault fault,
            @Nullable Encryption encryption) {

        public State(Phase phase, @Nullable Instant nextTry, @Nullable ConnectionProblem trouble) {
            this(phase, nextTry, trouble, null, null);
        }
    }

    private final Transport.Dialer dialer;
    private final Supplier<FrameCodec> wires;
    private final SessionStart handshake;
    private final ReconnectPauses pauses;
    private final InstantSource clock;
    private final Consumer<State> watcher;
    private final Function<RuntimeException, ConnectionProblem> judge;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean wanted;
    private boolean nudged;
    private @Nullable Thread worker;
    private @Nullable FrameChannel greeting;
    private volatile State state = new State(Phase.OFF, null, null);

    public ServerConnection(
            Transport.Dialer dialer,
            Supplier<FrameCodec> wires,
            SessionStart handshake,
            ReconnectPauses pauses,
            InstantSource clock,
            Consumer<State> watcher) {
        this(dialer, wires, handshake, pauses, clock, watcher, exception -> ConnectionProblem.BROKEN);
    }

    /**
     * @param judge tells what is wrong when the handshake or the correspondent has failed
     */
    public ServerConnection(
            Transport.Dialer dialer,
            Supplier<FrameCodec> wires,
            SessionStart handshake,
            ReconnectPauses pauses,
            InstantSource clock,
            Consumer<State> watcher,
            Function<RuntimeException, ConnectionProblem> judge) {
        this.judge = judge;
        this.dialer = dialer;
        this.wires = wires;
        this.handshake = handshake;
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
            if (greeting != null) {
                // There is no session yet, so there is nothing that could be lost with it.
                greeting.close();
            }
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
        @Nullable ConnectionProblem trouble = null;
        @Nullable TlsFault fault = null;
        while (isWanted()) {
            say(new State(Phase.CONNECTING, null, trouble, fault, null));
            trouble = null;
            fault = null;
            try {
                SessionStart.Begun begun = handshake.begin(this::dial);
                try (FrameChannel channel = begun.channel()) {
                    greeted();
                    trouble = converse(channel, begun.correspondent());
                }
            } catch (IOException e) {
                trouble = ConnectionProblem.of(e);
                fault = e instanceof TlsFaultException untrusted ? untrusted.fault() : null;
                log.info("No connection: {}", String.valueOf(e));
            } catch (RuntimeException e) {
                trouble = judge.apply(e);
                log.error("The line broke", e);
            } finally {
                greeted();
            }
            if (!isWanted()) {
                break;
            }
            if (trouble != null && trouble.isFinal()) {
                giveUp();
                break;
            }
            if (trouble != null && isWorthAnotherTry(trouble)) {
                log.info("Dialling again at once: what stood in the way was put right");
                continue;
            }
            Duration pause = pauses.next();
            say(new State(Phase.WAITING, clock.instant().plus(pause), trouble, fault, null));
            waitToDial(pause);
        }
        lock.lock();
        try {
            worker = null;
        } finally {
            lock.unlock();
        }
        say(new State(Phase.OFF, null, trouble != null && trouble.isFinal() ? trouble : null));
        if (isWanted()) {
            open(); // Wanted again while it was ending.
        }
    }

    private boolean isWorthAnotherTry(ConnectionProblem trouble) {
        try {
            return trouble != ConnectionProblem.NO_AGREEMENT && handshake.hasPutRight();
        } catch (RuntimeException e) {
            log.error("Whether anything was put right cannot be found out", e);
            return false;
        }
    }

    private FrameChannel dial() throws IOException {
        var channel = new FrameChannel(dialer.dial(), wires.get());
        lock.lock();
        try {
            if (!wanted) {
                channel.close();
                throw new IOException("not wanted any more");
            }
            greeting = channel;
        } finally {
            lock.unlock();
        }
        return channel;
    }

    private void greeted() {
        lock.lock();
        try {
            greeting = null;
        } finally {
            lock.unlock();
        }
    }

    private void giveUp() {
        lock.lock();
        try {
            wanted = false;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable ConnectionProblem converse(FrameChannel channel, FrameHandler correspondent) throws IOException {
        var reader = new Reader(channel, correspondent);
        correspondent.opened();
        Thread reading = Thread.ofPlatform().daemon().name("zap-line-reader").start(reader);
        try {
            say(new State(Phase.ONLINE, null, null, null, channel.encryption()));
            while (isWanted() && !reader.isDone()) {
                channel.write(correspondent.due());
                if (correspondent.isOverdue()) {
                    return ConnectionProblem.NO_ANSWER;
                }
                waitForNudge();
            }
            if (!reader.isDone()) {
                channel.write(correspondent.due());
                channel.finishWriting();
                join(reading, LAST_WORDS);
            }
        } catch (IOException e) {
            // What the server has still said counts as delivered there: take it in before letting go.
            join(reading, Duration.ofMillis(500));
            @Nullable ConnectionProblem read = reader.trouble();
            if (read != null && read.isOfDisk()) {
                return read;
            }
            if (correspondent.farewell() == null) {
                throw e;
            }
        } finally {
            channel.close();
            join(reading, LAST_WORDS);
            correspondent.closed();
        }
        @Nullable ConnectionProblem farewell = correspondent.farewell();
        if (farewell != null) {
            return farewell;
        }
        return reader.trouble() == ConnectionProblem.CLOSED_BY_SERVER ? correspondent.hungUp() : reader.trouble();
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

    /** Takes in what comes until nothing does any more. */
    private final class Reader implements Runnable {

        private final FrameChannel channel;
        private final FrameHandler correspondent;
        private volatile boolean done;
        private volatile @Nullable ConnectionProblem trouble;

        Reader(FrameChannel channel, FrameHandler correspondent) {
            this.channel = channel;
            this.correspondent = correspondent;
        }

        boolean isDone() {
            return done;
        }

        @Nullable
        ConnectionProblem trouble() {
            return trouble;
        }

        @Override
        public void run() {
            try {
                while (true) {
                    List<Frame> frames = channel.read(Duration.ZERO);
                    if (!frames.isEmpty()) {
                        pauses.reset();
                        correspondent.came(frames);
                        nudge();
                    }
                }
            } catch (EOFException e) {
                trouble = ConnectionProblem.CLOSED_BY_SERVER;
            } catch (MalformedFrameException e) {
                trouble = ConnectionProblem.NONSENSE;
                log.warn("The server sent what is no frame: {}", e.getMessage());
            } catch (IOException e) {
                trouble = ConnectionProblem.BROKEN;
                log.info("The connection broke: {}", String.valueOf(e));
            } catch (RuntimeException e) {
                trouble = judge.apply(e);
                log.error("What came could not be taken in", e);
            } finally {
                done = true;
                channel.close();
                nudge();
            }
        }
    }
}
