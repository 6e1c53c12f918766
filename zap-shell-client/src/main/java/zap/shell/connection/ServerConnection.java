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
import java.util.ArrayList;
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
 * A connection to the server that is kept for as long as it is wanted: it dials, starts a session, carries frames both
 * ways, and dials again when the connection breaks.
 *
 * <p>It ends in an orderly way: mail that the server has already sent is still stored, because a server of the base
 * protocol counts it as delivered.
 *
 * <p>One thread owns the connection and writes, another one reads.
 */
public final class ServerConnection implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ServerConnection.class);

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);
    private static final Duration CHECK_EVERY = Duration.ofMillis(250);

    /** The phase of a connection. */
    public enum Phase {
        OFF,
        CONNECTING,
        ONLINE,
        WAITING
    }

    /** A reason why there is no session. The texts and exit codes for each are in docs/client.md. */
    public enum ConnectionProblem {
        NO_SUCH_HOST,
        REFUSED,
        /** This computer has no route to the server's network. */
        UNREACHABLE,
        /** The connection timed out. */
        NO_ANSWER,
        /** The server accepted the connection, and does not answer. */
        SILENT,
        CLOSED_BY_SERVER,
        NONSENSE,
        BROKEN,
        SHUTTING_DOWN,
        /** The server ended the session for a reason that has no name of its own here. */
        SESSION_REFUSED,
        /** The server registers no number now, because this address has requested too many. */
        TOO_MANY_REGISTRATIONS,
        /** The server agrees to none of the streams that this store has begun for it. */
        NO_AGREEMENT,
        /**
         * The server offers no assured sessions, or an attacker hides them. An identity with a key is used with nothing
         * less.
         */
        NOT_ASSURED,
        /**
         * Another client of this identity has connected. Dialling again would end its session, and then it would end
         * this one.
         */
        REPLACED,
        /**
         * The server rejects the proof of the identity: it does not know the number, has blocked it, or has another key
         * for it.
         */
        NOT_PROVEN,
        /** A base server hung up when it got the number. It probably does not know it. */
        NUMBER_NOT_TAKEN,
        /** The TLS connection could not be trusted. The fault says why. */
        TLS,
        /** The server accepts only TLS, and was dialled without it. */
        WANTS_TLS,
        /** The disk has no room for incoming mail, or for the record of outgoing frames. */
        DISK_FULL,
        /** The disk cannot be written. */
        DISK_READ_ONLY,
        /** The store is damaged. */
        STORE_DAMAGED,
        /** The store cannot be used for another reason. */
        DISK_FAILED,

        /** A bug of the client. */
        OUR_FAULT;

        /** Returns the problem for the server's reason to end a session. */
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

        /** Returns the problem behind a failure to connect. */
        public static ConnectionProblem of(IOException e) {
            return switch (e) {
                case NoConnectionException none -> none.problem();
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

        /** Returns whether the server rejects the number, as far as that can be known. */
        public boolean isOfTheNumber() {
            return this == NOT_PROVEN || this == NUMBER_NOT_TAKEN;
        }

        /** Returns whether the cause is on this computer's disk, and not in the connection. */
        public boolean isOfDisk() {
            return this == DISK_FULL || this == DISK_READ_ONLY || this == STORE_DAMAGED || this == DISK_FAILED;
        }

        /** Returns whether another address of the server may do better. */
        public boolean isOfAddress() {
            return switch (this) {
                case NO_SUCH_HOST,
                        REFUSED,
                        UNREACHABLE,
                        NO_ANSWER,
                        SILENT,
                        CLOSED_BY_SERVER,
                        NONSENSE,
                        BROKEN,
                        SHUTTING_DOWN,
                        SESSION_REFUSED,
                        NOT_ASSURED,
                        TLS,
                        WANTS_TLS -> true;
                case TOO_MANY_REGISTRATIONS,
                        NO_AGREEMENT,
                        REPLACED,
                        NOT_PROVEN,
                        NUMBER_NOT_TAKEN,
                        DISK_FULL,
                        DISK_READ_ONLY,
                        STORE_DAMAGED,
                        DISK_FAILED,
                        OUR_FAULT -> false;
            };
        }

        /** Returns whether dialling again cannot help. */
        boolean isFinal() {
            return this == REPLACED || this == NOT_PROVEN;
        }
    }

    /**
     * The state of a connection.
     *
     * @param nextTry the time of the next attempt; null unless it is waiting
     * @param trouble the last problem; null when there was none. A connection that is off with a problem has given up.
     * @param fault the fault of the encryption, when that is the problem; else null
     * @param encryption the encryption of the connection; null when there is none
     * @param address the address of the connection; null when there is none
     * @param tried the attempts that have failed since the last pause
     */
    public record State(
            Phase phase,
            @Nullable Instant nextTry,
            @Nullable ConnectionProblem trouble,
            @Nullable TlsFault fault,
            @Nullable Encryption encryption,
            @Nullable ServerAddress address,
            List<FailedAttempt> tried) {

        public State {
            tried = List.copyOf(tried);
        }

        public State(Phase phase, @Nullable Instant nextTry, @Nullable ConnectionProblem trouble) {
            this(phase, nextTry, trouble, null, null, null, List.of());
        }
    }

    private final Transport.Dialer dialer;
    private final Supplier<FrameCodec> codecs;
    private final SessionStart sessionStart;
    private final ReconnectPolicy policy;
    private final InstantSource clock;
    private final Consumer<State> watcher;
    private final Function<RuntimeException, ConnectionProblem> classifier;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean wanted;
    private boolean nudged;
    private @Nullable Thread worker;
    /** The worker while it dials: then an interrupt ends that, and nothing else. */
    private @Nullable Thread dialing;

    private @Nullable FrameChannel greeting;
    private volatile State state = new State(Phase.OFF, null, null);
    /** Only for the worker. */
    private final List<FailedAttempt> tried = new ArrayList<>();

    public ServerConnection(
            Transport.Dialer dialer,
            Supplier<FrameCodec> codecs,
            SessionStart sessionStart,
            ReconnectPolicy policy,
            InstantSource clock,
            Consumer<State> watcher) {
        this(dialer, codecs, sessionStart, policy, clock, watcher, exception -> ConnectionProblem.BROKEN);
    }

    /**
     * @param classifier returns the problem when the session start or the handler has thrown an exception
     */
    public ServerConnection(
            Transport.Dialer dialer,
            Supplier<FrameCodec> codecs,
            SessionStart sessionStart,
            ReconnectPolicy policy,
            InstantSource clock,
            Consumer<State> watcher,
            Function<RuntimeException, ConnectionProblem> classifier) {
        this.classifier = classifier;
        this.dialer = dialer;
        this.codecs = codecs;
        this.sessionStart = sessionStart;
        this.policy = policy;
        this.clock = clock;
        this.watcher = watcher;
    }

    public State state() {
        return state;
    }

    /** Keeps a connection from now on. Dials at once if it is waiting to dial. */
    public void open() {
        lock.lock();
        try {
            wanted = true;
            nudged = true;
            changed.signalAll();
            if (worker == null) {
                worker = Thread.ofPlatform().daemon().name("zap-connection").start(this::work);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Makes the connection check for due frames. */
    public void nudge() {
        lock.lock();
        try {
            nudged = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the connection. Blocks until it has ended, at most a few seconds. */
    @Override
    public void close() {
        @Nullable Thread running;
        lock.lock();
        try {
            wanted = false;
            changed.signalAll();
            running = worker;
            if (dialing != null) {
                dialing.interrupt();
            }
            if (greeting != null) {
                // Without a session nothing can be lost.
                greeting.close();
            }
        } finally {
            lock.unlock();
        }
        if (running != null && running != Thread.currentThread()) {
            try {
                running.join(CLOSE_TIMEOUT.plusSeconds(2));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void work() {
        @Nullable ConnectionProblem trouble = null;
        @Nullable TlsFault fault = null;
        boolean atSameAddress = false;
        tried.clear();
        while (isWanted()) {
            report(new State(Phase.CONNECTING, null, trouble, fault, null, null, tried));
            trouble = null;
            fault = null;
            try {
                FrameChannel.Dialer dials = atSameAddress ? this::redial : this::dial;
                SessionStart.Begun begun = sessionStart.begin(dials);
                try (FrameChannel channel = begun.channel()) {
                    greeted();
                    trouble = carryFrames(channel, begun.handler());
                    noteFailure(trouble, null);
                }
            } catch (IOException e) {
                trouble = ConnectionProblem.of(e);
                fault = e instanceof TlsFaultException untrusted ? untrusted.fault() : null;
                if (e instanceof NoConnectionException none) {
                    tried.addAll(none.attempts());
                } else {
                    noteFailure(trouble, fault);
                }
                if (isWanted()) {
                    log.info("No connection: {}", String.valueOf(e));
                }
            } catch (RuntimeException e) {
                trouble = classifier.apply(e);
                log.error("The session failed", e);
            } finally {
                greeted();
            }
            atSameAddress = false;
            if (!isWanted()) {
                break;
            }
            if (trouble != null && trouble.isFinal()) {
                giveUp();
                break;
            }
            if (trouble != null && isWorthAnotherTry(trouble)) {
                log.info("Dialling again at once: the cause was put right");
                continue;
            }
            ReconnectPolicy.Attempt next = policy.next(trouble, dialer);
            atSameAddress = next.isAtSameAddress();
            if (!next.pause().isZero()) {
                forgetNudges();
                report(new State(Phase.WAITING, clock.instant().plus(next.pause()), trouble, fault, null, null, tried));
                waitToDial(next.pause());
                tried.clear();
            }
        }
        lock.lock();
        try {
            worker = null;
        } finally {
            lock.unlock();
        }
        report(new State(Phase.OFF, null, trouble != null && trouble.isFinal() ? trouble : null));
        if (isWanted()) {
            open(); // It was opened again while it was ending.
        }
    }

    private boolean isWorthAnotherTry(ConnectionProblem trouble) {
        try {
            return trouble != ConnectionProblem.NO_AGREEMENT && sessionStart.hasPutRight();
        } catch (RuntimeException e) {
            log.error("It cannot be found out whether anything was put right", e);
            return false;
        }
    }

    private void noteFailure(@Nullable ConnectionProblem problem, @Nullable TlsFault fault) {
        @Nullable ServerAddress address = dialer.newest();
        // Without an address nothing was tried.
        if (problem != null && problem.isOfAddress() && problem != ConnectionProblem.NO_SUCH_HOST && address != null) {
            tried.add(new FailedAttempt(address, problem, fault));
        }
    }

    private FrameChannel dial() throws IOException {
        return dial(dialer::dial);
    }

    private FrameChannel redial() throws IOException {
        return dial(dialer::redial);
    }

    /** A dial in one of the dialer's ways. */
    @FunctionalInterface
    private interface Dial {
        Transport call() throws IOException;
    }

    private FrameChannel dial(Dial dial) throws IOException {
        var channel = new FrameChannel(dialed(dial), codecs.get());
        lock.lock();
        try {
            if (!wanted) {
                channel.close();
                throw notWanted();
            }
            greeting = channel;
        } finally {
            lock.unlock();
        }
        return channel;
    }

    private Transport dialed(Dial dial) throws IOException {
        lock.lock();
        try {
            if (!wanted) {
                throw notWanted();
            }
            dialing = Thread.currentThread();
        } finally {
            lock.unlock();
        }
        try {
            return dial.call();
        } finally {
            lock.lock();
            try {
                dialing = null;
                Thread.interrupted(); // An interrupt was for the dial.
            } finally {
                lock.unlock();
            }
        }
    }

    private static IOException notWanted() {
        return new IOException("not wanted any more");
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

    private @Nullable ConnectionProblem carryFrames(FrameChannel channel, FrameHandler handler) throws IOException {
        var reader = new Reader(channel, handler);
        handler.opened();
        Thread reading = Thread.ofPlatform().daemon().name("zap-reader").start(reader);
        try {
            tried.clear();
            policy.online();
            report(new State(Phase.ONLINE, null, null, null, channel.encryption(), channel.address(), tried));
            while (isWanted() && !reader.isDone()) {
                channel.write(handler.due());
                if (handler.isOverdue()) {
                    return ConnectionProblem.NO_ANSWER;
                }
                waitForNudge();
            }
            if (!reader.isDone()) {
                channel.write(handler.due());
                channel.finishWriting();
                join(reading, CLOSE_TIMEOUT);
            }
        } catch (IOException e) {
            // The server counts the mail that it has sent as delivered, so it is stored before the connection is
            // closed.
            join(reading, Duration.ofMillis(500));
            @Nullable ConnectionProblem read = reader.trouble();
            if (read != null && read.isOfDisk()) {
                return read;
            }
            if (handler.farewell() == null) {
                throw e;
            }
        } finally {
            channel.close();
            join(reading, CLOSE_TIMEOUT);
            handler.closed();
        }
        @Nullable ConnectionProblem farewell = handler.farewell();
        if (farewell != null) {
            return farewell;
        }
        return reader.trouble() == ConnectionProblem.CLOSED_BY_SERVER ? handler.hungUp() : reader.trouble();
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
            long left = CHECK_EVERY.toNanos();
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

    /** Begins to wait: a nudge from now on ends it. */
    private void forgetNudges() {
        lock.lock();
        try {
            nudged = false;
        } finally {
            lock.unlock();
        }
    }

    private void waitToDial(Duration pause) {
        lock.lock();
        try {
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

    private void report(State next) {
        state = next;
        watcher.accept(next);
    }

    /** Reads frames and hands them to the handler, until the connection ends. */
    private final class Reader implements Runnable {

        private final FrameChannel channel;
        private final FrameHandler handler;
        private volatile boolean done;
        private volatile @Nullable ConnectionProblem trouble;

        Reader(FrameChannel channel, FrameHandler handler) {
            this.channel = channel;
            this.handler = handler;
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
                        policy.carried();
                        handler.came(frames);
                        nudge();
                    }
                }
            } catch (EOFException e) {
                trouble = ConnectionProblem.CLOSED_BY_SERVER;
            } catch (MalformedFrameException e) {
                trouble = ConnectionProblem.NONSENSE;
                log.warn("The server sent a malformed frame: {}", e.getMessage());
            } catch (IOException e) {
                trouble = ConnectionProblem.BROKEN;
                log.info("The connection broke: {}", String.valueOf(e));
            } catch (RuntimeException e) {
                trouble = classifier.apply(e);
                log.error("The received frames could not be stored", e);
            } finally {
                done = true;
                channel.close();
                nudge();
            }
        }
    }
}
