package zap.server.gateway.session;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameType;
import zap.protocol.Reason;
import zap.server.gateway.outbox.Outbox;
import zap.server.gateway.settings.Framing;
import zap.server.gateway.settings.GatewayMeters;
import zap.server.mailbox.NumberedWrite;
import zap.server.mailbox.Write;
import zap.server.mailbox.WriteOutcome;

/**
 * One connection, and who it is.
 *
 * <p>It begins as nobody, becomes a client with 01 or 03, and stays that client until it is closed. Only the connection's own thread
 * handles frames; anybody may close it.
 */
public final class Session implements Outbox.Owner, NumberedWrite.Listener, ClientSessions.Claimant {

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
    private final Link link;
    private final Origin origin;
    private final FramePace pace;
    private final Sessions sessions;
    private final GatewayMeters meters;
    private final Outbox outbox;
    private final AtomicReference<@Nullable CloseReason> closed = new AtomicReference<>();
    private final SessionLog log;
    private volatile SessionState state = new SessionState.Silent();
    private volatile boolean readingStopped;

    Session(long number, Link link, Sessions sessions, GatewayMeters meters, Outbox.Factory outboxes) {
        this.number = number;
        this.link = link;
        this.origin = Origin.of(link.address());
        this.pace = sessions.newPace();
        this.sessions = sessions;
        this.meters = meters;
        this.log = new SessionLog(number, link);
        this.outbox = outboxes.create(this, link, link.framing());
    }

    /**
     * The session's number since the server started, in the order of acceptance: what its log lines can be found by.
     */
    @Override
    public long number() {
        return number;
    }

    Framing framing() {
        return link.framing();
    }

    @Override
    public String listener() {
        return link.listener();
    }

    @Override
    public boolean hasHungUp() {
        return link.hasHungUp();
    }

    /** See {@link Link#sentAtNanos}. */
    long sentAtNanos() {
        return link.sentAtNanos();
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
        return framing() == Framing.RECV && frame instanceof Frame.Hello
                ? Reason.NOT_YOURS_TO_SEND
                : state.refusalOf(frame);
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
            link.identified(its.client());
            log.identified(its.client());
        }
    }

    public Outbox outbox() {
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
                ? new NumberedWrite(write, stream.next(client, link, index), this)
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

    /** Returns the peer's address and port. */
    public String peer() {
        return link.address().getHostAddress() + ":" + link.port();
    }

    /** Returns how long the session has been open. */
    public Duration openFor() {
        return Duration.ofNanos(System.nanoTime() - openedAtNanos);
    }

    /** Returns whether the peer speaks the assured protocol. */
    public boolean isAssured() {
        return state.understandsRefusals();
    }

    /** Returns how many frames of the session were refused. */
    public long refusals() {
        return log.refusals();
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
    public void dropped(int bytes, String why) {
        meters.refused(Reason.MALFORMED);
        log.dropped(bytes, why);
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

    /**
     * Ends the session because the peer sends no more. The peer may still read, so the replies that it asked for go out first. Blocks
     * until they have, or their time is over.
     */
    public void finish(CloseReason reason) {
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

    public void close(CloseReason reason) {
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
        link.close();
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

    /**
     * Closes the session. Only the first reason counts.
     *
     * @param detail text that the log adds to the reason's sentence; null for none
     */
    public void close(CloseReason reason, @Nullable String detail) {
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
        boolean nobody = state instanceof SessionState.Unidentified;
        if (nobody || link.isInsideFrame()) {
            Duration waiting = link.waitingFor();
            Duration all = nobody ? Duration.ofNanos(System.nanoTime() - openedAtNanos) : link.insideFrameFor();
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
        return log.subject();
    }
}
