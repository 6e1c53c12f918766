package zap.server.gateway;

import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.integration.ip.tcp.serializer.SoftEndOfStreamException;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameType;
import zap.protocol.Reason;
import zap.server.mailbox.NumberedWrite;
import zap.server.mailbox.Write;
import zap.server.mailbox.WriteOutcome;

/**
 * One connection, and who it is.
 *
 * <p>It begins as nobody, becomes a client with 01 or 03, and stays that client until it is closed. Only the connection's own thread
 * handles frames; anybody may close it.
 */
final class Session implements Outbox.Owner, NumberedWrite.Listener, ClientSessions.Claimant {

    /**
     * How many times as long as it may be silent a peer may take in all, to say who it is or to send one frame, when it says a little now
     * and then: or a byte in each time limit would keep a connection for ever, and nobody would be on it.
     */
    private static final int SLOWEST = 4;

    /** How long a peer that hung up may take to read the answers that it asked for. */
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(2);

    /** How long a peer that is replaced may take to read what is being written to it. Its successor waits for that. */
    private static final Duration LAST_WRITE = Duration.ofSeconds(1);

    private final long openedAtNanos = System.nanoTime();
    private final long number;
    private final Framing wire;
    private final ZapConnection connection;
    private final Origin origin;
    private final FramePace pace;
    private final Sessions sessions;
    private final GatewayMeters meters;
    private final Outbox outbox;
    private final AtomicReference<@Nullable CloseReason> closed = new AtomicReference<>();
    private final SessionLog log = new SessionLog(this);
    private volatile SessionState state = new SessionState.Silent();
    private volatile boolean readingStopped;

    Session(
            long number,
            Framing wire,
            ZapConnection connection,
            Sessions sessions,
            GatewayMeters meters,
            OutboxFactory outboxes) {
        this.number = number;
        this.wire = wire;
        this.connection = connection;
        this.origin = Origin.of(connection.remoteAddress());
        this.pace = sessions.newPace();
        this.sessions = sessions;
        this.meters = meters;
        this.outbox = outboxes.create(this, connection);
    }

    /** Makes the outbox of a new session. */
    interface OutboxFactory {
        Outbox create(Outbox.Owner owner, Outbox.Peer peer);
    }

    /**
     * The session's number since the server started, in the order of acceptance: what its log lines can be found by.
     */
    @Override
    public long number() {
        return number;
    }

    Framing wire() {
        return wire;
    }

    /** Which port it came in through: as metrics and the log call it. */
    @Override
    public String listener() {
        return connection.isEncrypted() ? "tls" : wire == Framing.RECV ? "recv" : "main";
    }

    @Override
    public boolean hasHungUp() {
        return connection.hasHungUp();
    }

    /**
     * Returns {@link System#nanoTime()} when the peer said what is being dealt with now, as far as that can be told.
     * For the connection's own thread.
     */
    long saidAtNanos() {
        return connection.saidAtNanos();
    }

    SessionState state() {
        return state;
    }

    /** Who this is; null before 01, 03, 32 or 33 was accepted. */
    @Nullable
    ClientId client() {
        return state instanceof SessionState.Identified its ? its.client() : null;
    }

    /**
     * Returns why a frame is refused whose turn it is not; null when it may be sent now. There is no assured protocol on the
     * listener for short frames.
     */
    @Nullable
    Reason refusalOf(Frame frame) {
        return wire == Framing.RECV && frame instanceof Frame.Hello ? Reason.NOT_YOURS_TO_SEND : state.refusalOf(frame);
    }

    /**
     * Moves the session forward. For the connection's own thread, and for the writer's while that waits for it.
     *
     * @throws IllegalStateException when there is no way from where it is to there
     */
    void become(SessionState next) {
        if (!state.canBecome(next)) {
            throw new IllegalStateException("%s cannot become %s".formatted(state, next));
        }
        state = next;
        if (next instanceof SessionState.Identified its) {
            connection.input().owner(its.client());
            log.identified();
        }
    }

    Outbox outbox() {
        return outbox;
    }

    @Override
    public boolean isClosed() {
        return closed.get() != null;
    }

    /** It is among the others now. */
    void opened() {
        log.opened();
    }

    /** What comes from now on is not accepted: the server is stopping. Whoever is not given mail yet is not given any. */
    void stopReading() {
        readingStopped = true;
        outbox.openNoMore();
    }

    boolean isReadingStopped() {
        return readingStopped;
    }

    /**
     * Returns the write of a frame that the client sent, with its place in the stream in an assured session.
     *
     * @param index which frame of the burst at hand it is, from 0
     */
    Write numbered(Write write, int index) {
        return state instanceof SessionState.Assured(ClientId client, PeerStream stream)
                ? new NumberedWrite(write, stream.next(client, connection.input(), index), this)
                : write;
    }

    @Override
    public void accepted(long number, long at, WriteOutcome outcome) {
        if (outcome instanceof WriteOutcome.Refused(Reason reason)) {
            outbox.reply(new Frame.Refused(number, reason));
        }
        outbox.accepted(number, at);
    }

    /** So many frames were taken: reads no more for a while, when that is more than the peer may send in that time. */
    void keepPace(int frames) throws InterruptedException {
        long tooEarly = pace.taken(frames, System.nanoTime());
        if (tooEarly > 0) {
            meters.slowedDown();
            TimeUnit.NANOSECONDS.sleep(tooEarly); // its socket is not read meanwhile, and so it cannot write
        }
    }

    /** Where it came from. */
    Origin origin() {
        return origin;
    }

    /** The address of its peer. */
    String address() {
        return connection.getHostAddress();
    }

    /** For operators. */
    OpenSession described() {
        return new OpenSession(
                number,
                listener(),
                address() + ":" + port(),
                Duration.ofNanos(System.nanoTime() - openedAtNanos),
                state.understandsRefusals(),
                log.refusals());
    }

    /** The port there that it came from. */
    int port() {
        return connection.getPort();
    }

    /** Notes that a frame was refused. */
    void refused(FrameType type, Reason reason) {
        meters.refused(reason);
        log.refused(type, reason);
    }

    /** Notes that it has said to be a client that is blocked. */
    void blocked(ClientId claimed) {
        log.blocked(claimed);
    }

    /** Says that the session has nothing to do but to wait for the database. */
    @Override
    public void waits(Exception cause) {
        log.waits(cause);
    }

    /** Something came on the recv listener that is no frame. There a packet is a boundary, so the session goes on. */
    void dropped(int bytes, String why) {
        meters.refused(Reason.MALFORMED);
        log.dropped(bytes, why);
    }

    /** The connection's thread cannot read any more. */
    void readFailed(@Nullable Throwable cause) {
        switch (cause) {
            case SoftEndOfStreamException hungUp -> finish(CloseReason.PEER_LEFT);
            case EOFException cut -> finish(CloseReason.PEER_BROKE_OFF);
            case BrokenInputException broken -> close(CloseReason.MALFORMED, broken.getMessage());
            case TlsHandshakeException unencrypted -> close(unencrypted.reason(), unencrypted.getMessage());
            case IOException lost -> close(CloseReason.PEER_LOST, lost.getMessage());
            case null -> failed(new IllegalStateException("Reading failed without a cause"));
            default -> failed(cause);
        }
    }

    /** The peer asks, and does not listen to the answers. */
    @Override
    public void tooSlow() {
        // Not from here: the outbox holds its lock.
        Thread.ofVirtual().start(() -> close(CloseReason.SLOW_CONSUMER));
    }

    /** The outbox cannot write any more. */
    @Override
    public void writeFailed(Exception cause) {
        close(CloseReason.PEER_LOST, cause.getMessage());
    }

    /** A bug of ours ended the session. */
    @Override
    public void failed(Throwable cause) {
        log.failed(cause);
        close(CloseReason.OUR_FAULT, null);
    }

    /** The peer says no more, but may still read: gives it the answers that it asked for, and closes. */
    private void finish(CloseReason reason) {
        outbox.stopMail();
        try {
            outbox.awaitIdle(LAST_ANSWERS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        close(reason, null);
    }

    /**
     * The same client has a newer session. What is being written may be ended, if the peer reads it: what is cut off is given again to the
     * newer one.
     */
    void giveWay() throws InterruptedException {
        outbox.stopMail();
        outbox.awaitIdle(LAST_WRITE);
        close(CloseReason.REPLACED);
    }

    void close(CloseReason reason) {
        close(reason, null);
    }

    private void hangUpAfterLastAnswers() {
        try {
            outbox.awaitIdle(LAST_ANSWERS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        hangUp();
    }

    private void hangUp() {
        outbox.close();
        connection.close();
        Thread.ofVirtual().name("ending-", number).start(this::end);
    }

    /** Does not end before the outbox does: a server that stops waits for those that have not ended. */
    private void end() {
        try {
            outbox.awaitEnd();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        sessions.ended(this);
    }

    private void close(CloseReason reason, @Nullable String detail) {
        if (!closed.compareAndSet(null, reason)) {
            return;
        }
        sessions.closed(this, reason);
        @Nullable Reason refusal = reason.refusal();
        if (refusal != null) {
            meters.refused(refusal);
        }
        if (state.understandsRefusals() && refusal != null && reason != CloseReason.SLOW_CONSUMER) {
            outbox.stopMail();
            outbox.reply(new Frame.Refused(0, refusal));
            Thread.ofVirtual().start(this::hangUpAfterLastAnswers);
        } else {
            hangUp();
        }
        log.closed(reason, detail);
    }

    /** Whether the session has kept us waiting for longer than it may; closes it then. Called now and then. */
    void checkTime(Duration silence, Duration slowConsumer) {
        FrameInput input = connection.input();
        boolean nobody = state instanceof SessionState.Unidentified;
        if (nobody || input.isInsideFrame()) {
            Duration waiting = input.waitingFor();
            Duration all = nobody ? Duration.ofNanos(System.nanoTime() - openedAtNanos) : input.insideFrameFor();
            // While it is us whom the peer waits for, its time does not run out.
            boolean drips = waiting.isPositive() && all.compareTo(silence.multipliedBy(SLOWEST)) > 0;
            if (waiting.compareTo(silence) > 0 || drips) {
                close(CloseReason.TIMED_OUT);
                return;
            }
        }
        if (outbox.writingFor().compareTo(slowConsumer) > 0) {
            close(CloseReason.SLOW_CONSUMER);
        }
    }

    @Override
    public String toString() {
        @Nullable ClientId id = client();
        String port = listener();
        return "session " + number + " (" + (id == null ? "nobody yet" : id) + ", " + address() + ":" + port()
                + (port.equals("main") ? ")" : ", " + port + ")");
    }
}
