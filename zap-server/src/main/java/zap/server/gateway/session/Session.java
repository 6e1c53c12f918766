package zap.server.gateway.session;

import java.net.InetAddress;
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
 * A connection and its client.
 *
 * <p>It begins without a client, is identified by 01, 03, 32 or 33, and stays that client's session until it is closed.
 * Only the connection's own thread handles frames. Any thread may close the session.
 */
public final class Session implements Outbox.Owner, NumberedWrite.Listener, ClientSessions.Claimant {

    /**
     * Multiple of the silence limit that a peer may take in all to identify itself, or to send one frame. Without it,
     * one byte within each silence limit would keep an unidentified connection open for ever.
     */
    private static final int SLOWEST = 4;

    /** Time for a peer that hung up to read the replies to its requests. */
    private static final Duration LAST_REPLIES = Duration.ofSeconds(2);

    /** Time for a peer that is replaced to read the current write. Its successor waits for that. */
    private static final Duration LAST_WRITE = Duration.ofSeconds(1);

    private final long openedAtNanos = System.nanoTime();
    private final long number;
    private final Link link;
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
        this.pace = sessions.newPace();
        this.sessions = sessions;
        this.meters = meters;
        this.log = new SessionLog(number, link);
        this.outbox = outboxes.create(this, link, link.framing());
    }

    /**
     * Returns the session's number since the server started, in the order of acceptance. Each log line of the session
     * has it.
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

    /** Returns the client; null before 01, 03, 32 or 33 was accepted. */
    @Nullable
    ClientId client() {
        return state instanceof SessionState.Identified its ? its.client() : null;
    }

    /**
     * Returns the reason to refuse a frame that must not be sent in this state; null when it may be sent. There is no
     * assured protocol on the listener for short frames.
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
     * @throws IllegalStateException when the current state does not lead to that one
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

    /** Logs that the session is open. */
    void opened() {
        log.opened();
    }

    /** Stops the handling of frames, because the server is stopping. Delivery does not start any more. */
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

    /** Counts frames, and pauses the connection's thread when the peer exceeds its rate limit. */
    void keepPace(int frames) throws InterruptedException {
        long pauseNanos = pace.taken(frames, System.nanoTime());
        if (pauseNanos > 0) {
            meters.slowedDown();
            TimeUnit.NANOSECONDS.sleep(pauseNanos); // its socket is not read meanwhile, and so it cannot write
        }
    }

    /** Returns the peer's address. */
    InetAddress address() {
        return link.address();
    }

    /** Returns the peer's origin. It changes once, when a trusted proxy names the client. */
    Origin origin() {
        return Origin.of(link.address());
    }

    /**
     * Notes that a trusted proxy has named the peer's address, which the link knows from now on. For the connection's
     * own thread.
     *
     * @return why the connection exceeds a limit, for operators; null when it does not
     */
    @Nullable
    public String announced(InetAddress proxy) {
        log.announced(proxy);
        @Nullable String full = sessions.announced(this);
        if (full != null) {
            meters.turnedAway();
        }
        return full;
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

    /** Notes that the peer has claimed to be a client that is blocked. */
    void blocked(ClientId claimed) {
        log.blocked(claimed);
    }

    /** Logs that the session waits for the database. */
    @Override
    public void waits(Exception cause) {
        log.waits(cause);
    }

    /**
     * Notes a packet on the recv listener that is not a frame. The session goes on, because there a packet is a
     * boundary.
     */
    public void dropped(int bytes, String why) {
        meters.refused(Reason.MALFORMED);
        log.dropped(bytes, why);
    }

    /** Closes the session because the peer keeps sending requests but does not read the replies. */
    @Override
    public void tooSlow() {
        // On another thread, because the outbox's lock is held here.
        Thread.ofVirtual().start(() -> close(CloseReason.SLOW_CONSUMER));
    }

    /** Closes the session because its outbox cannot write. */
    @Override
    public void writeFailed(Exception cause) {
        close(CloseReason.PEER_LOST, cause.getMessage());
    }

    /** Closes the session because of a bug in this server. */
    @Override
    public void failed(Throwable cause) {
        log.failed(cause);
        close(CloseReason.OUR_FAULT, null);
    }

    /**
     * Ends the session because the peer sends no more. The peer may still read, so the replies that it asked for go out
     * first. Blocks until they have, or their time is over.
     */
    public void finish(CloseReason reason) {
        outbox.stopMail();
        try {
            outbox.awaitIdle(LAST_REPLIES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        close(reason, null);
    }

    /**
     * Closes the session because the same client has a newer one. Blocks until the current write is finished, or its
     * time is over; mail that is cut off is delivered again to the newer session.
     */
    void closeReplaced() throws InterruptedException {
        closeAfterWrite(CloseReason.REPLACED);
    }

    /** Closes the session when its current write is finished, or the time for that is over. Does not block. */
    public void closeSoon(CloseReason reason) {
        Thread.ofVirtual().start(() -> {
            try {
                closeAfterWrite(reason);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void closeAfterWrite(CloseReason reason) throws InterruptedException {
        outbox.stopMail();
        outbox.awaitIdle(LAST_WRITE);
        close(reason);
    }

    public void close(CloseReason reason) {
        close(reason, null);
    }

    private void hangUpAfterLastReplies() {
        try {
            outbox.awaitIdle(LAST_REPLIES);
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

    /** Ends the session after its outbox has ended: a server that stops waits for both. */
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
            Thread.ofVirtual().start(this::hangUpAfterLastReplies);
        } else {
            hangUp();
        }
        log.closed(reason, detail);
    }

    /** Closes the session when its peer has exceeded a time limit. Called periodically. */
    void checkTime(Duration silence, Duration slowConsumer) {
        boolean unidentified = state instanceof SessionState.Unidentified;
        if (unidentified || link.isInsideFrame()) {
            Duration waiting = link.waitingFor();
            Duration all = unidentified ? Duration.ofNanos(System.nanoTime() - openedAtNanos) : link.insideFrameFor();
            // The peer's time does not run while the server handles its frames.
            boolean tooSlowInAll = waiting.isPositive() && all.compareTo(silence.multipliedBy(SLOWEST)) > 0;
            if (waiting.compareTo(silence) > 0 || tooSlowInAll) {
                if (link.isBeforeProxyHeader()) {
                    close(CloseReason.NO_PROXY_HEADER, "none came in time (zap.gateway.silence)");
                } else {
                    close(CloseReason.TIMED_OUT);
                }
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
