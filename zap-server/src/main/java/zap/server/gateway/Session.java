package zap.server.gateway;

import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;
import org.springframework.integration.ip.tcp.serializer.SoftEndOfStreamException;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameType;
import zap.protocol.HistoryDigest;
import zap.protocol.Nonce;
import zap.protocol.Reason;
import zap.protocol.StreamId;
import zap.server.mailbox.Numbered;
import zap.server.mailbox.Standing;
import zap.server.mailbox.StreamState;
import zap.server.mailbox.Write;

/**
 * One connection, and who it is.
 *
 * <p>It begins as nobody, becomes a client with 01 or 03, and stays that client until it is closed. Only the connection's own thread
 * handles frames; anybody may close it.
 */
final class Session implements Outbox.Owner, Numbered.Outcome, ClientSessions.Claimant {

    private static final Logger log = LoggerFactory.getLogger(Session.class);

    /** Refusals of one session that are logged in full; after these, only every time their number has doubled. */
    private static final long LOGGED_REFUSALS = 8;

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
    private final Wire wire;
    private final ZapConnection connection;
    private final Origin origin;
    private final FramePace pace;
    private final Sessions sessions;
    private final GatewayMeters meters;
    private final Outbox outbox;
    private final AtomicReference<@Nullable CloseReason> closed = new AtomicReference<>();
    private final AtomicLong refusals = new AtomicLong();
    private volatile @Nullable ClientId client;
    private volatile boolean readingStopped;
    /** Not null once the peer has said hello: it knows the assured protocol, and understands refusals. */
    private volatile @Nullable Nonce nonce;

    // Of the connection's own thread.
    private boolean hasSpoken;
    private @Nullable StreamId stream;
    /** The number of the client's session, see {@link Standing#session}. */
    private long clientSession;

    private long ordinal;
    private HistoryDigest streamDigest = HistoryDigest.EMPTY;

    Session(
            long number,
            Wire wire,
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

    Wire wire() {
        return wire;
    }

    /** Which port it came in through: as metrics and the log call it. */
    @Override
    public String listener() {
        return connection.isEncrypted() ? "tls" : wire == Wire.RECV ? "recv" : "main";
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

    /** Who this is; null before 01 or 03. */
    @Nullable
    ClientId client() {
        return client;
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
        SessionEvent.OPENED.on(log, Level.DEBUG, this).log("{} opened", this);
    }

    /** What comes from now on is not accepted: the server is stopping. Whoever is not given mail yet is not given any. */
    void stopReading() {
        readingStopped = true;
        outbox.openNoMore();
    }

    boolean isReadingStopped() {
        return readingStopped;
    }

    /** The session is this client from now on. */
    void identified(ClientId id) {
        client = id;
        connection.input().owner(id);
        SessionEvent.IDENTIFIED.on(log, Level.DEBUG, this).log("{} has said who it is", this);
    }

    /** Whether this is the first time that it is asked. */
    boolean speaksFirst() {
        boolean first = !hasSpoken;
        hasSpoken = true;
        return first;
    }

    /** The peer has said hello, and gets this nonce. */
    void greeted(Nonce fresh) {
        nonce = fresh;
    }

    /** What the peer has to sign; null when it has not said hello. */
    @Nullable
    Nonce nonce() {
        return nonce;
    }

    /**
     * From now on the peer's 05, 08, 10 and 36 are numbered.
     *
     * @param state how far the stream has come
     * @param number the number of the client's session, see {@link Standing#session}
     */
    void assured(StreamState state, long number) {
        stream = new StreamId(state.id());
        clientSession = number;
        ordinal = state.accepted();
        streamDigest = state.digest();
    }

    boolean isAssured() {
        return stream != null;
    }

    /**
     * The write of a frame that the client sent, with its place in the stream in an assured session.
     *
     * @param index which frame of the burst at hand it is
     */
    Write numbered(ClientId self, Write write, int index) {
        if (stream == null) {
            return write;
        }
        streamDigest = connection.input().digestAfter(streamDigest, index);
        return new Numbered(write, new Numbered.Place(self, clientSession, stream, ++ordinal, streamDigest), this);
    }

    @Override
    public void accepted(long number, long at, @Nullable Reason refusal) {
        if (refusal != null) {
            outbox.reply(new Frame.Refused(number, refusal));
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
                nonce != null,
                refusals.get());
    }

    /** The port there that it came from. */
    int port() {
        return connection.getPort();
    }

    /** Notes that a frame was refused. */
    void refused(FrameType type, Reason reason) {
        meters.refused(reason);
        long count = refusals.incrementAndGet();
        if (count <= LOGGED_REFUSALS) {
            refusal(type, reason).log("{} refused {}: {} ({})", this, type, reason, reason.sentence());
        } else if (Long.bitCount(count) == 1) {
            refusal(type, reason)
                    .log("{} refused {}: {}; {} refusals in this session so far", this, type, reason, count);
        }
    }

    /** Notes that it has said to be a client that is blocked. */
    void blocked(ClientId claimed) {
        SessionEvent.BLOCKED
                .on(log, Level.INFO, this)
                .addKeyValue(SessionEvent.CLAIMS, claimed.toString())
                .log("{} comes as {}, which is blocked", this, claimed);
    }

    private LoggingEventBuilder refusal(FrameType type, Reason reason) {
        return SessionEvent.REFUSED
                .on(log, Level.INFO, this)
                .addKeyValue(SessionEvent.FRAME, type.name())
                .addKeyValue(SessionEvent.REASON, reason.name());
    }

    /** Says that the session has nothing to do but to wait for the database. */
    @Override
    public void waits(Exception cause) {
        SessionEvent.WAITING
                .on(log, Level.DEBUG, this)
                .log("{} waits, for the database does not answer: {}", this, cause.getMessage());
    }

    /** Something came on the recv listener that is no frame. There a packet is a boundary, so the session goes on. */
    void dropped(int bytes, String why) {
        meters.refused(Reason.MALFORMED);
        long count = refusals.incrementAndGet();
        if (count <= LOGGED_REFUSALS || Long.bitCount(count) == 1) {
            SessionEvent.DROPPED
                    .on(log, Level.INFO, this)
                    .addKeyValue(SessionEvent.REASON, Reason.MALFORMED.name())
                    .log("{} dropped {} bytes that are no frame: {}", this, bytes, why);
        }
    }

    /** The connection's thread cannot read any more. */
    void readFailed(@Nullable Throwable cause) {
        switch (cause) {
            case SoftEndOfStreamException hungUp -> finish(CloseReason.PEER_LEFT);
            case EOFException cut -> finish(CloseReason.PEER_BROKE_OFF);
            case BrokenInputException broken -> close(CloseReason.MALFORMED, broken.getMessage());
            case TlsException unencrypted -> close(unencrypted.reason(), unencrypted.getMessage());
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
        SessionEvent.FAILED.on(log, Level.ERROR, this).setCause(cause).log("{} failed", this);
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
        if (nonce != null && refusal != null && reason != CloseReason.SLOW_CONSUMER) {
            outbox.stopMail();
            outbox.reply(new Frame.Refused(0, refusal));
            Thread.ofVirtual().start(this::hangUpAfterLastAnswers);
        } else {
            hangUp();
        }
        SessionEvent.CLOSED
                .on(log, reason.isOrdinary() ? Level.DEBUG : Level.INFO, this)
                .addKeyValue(SessionEvent.REASON, reason.name())
                .log("{} closed: {} ({}){}", this, reason, reason.sentence(), detail == null ? "" : ": " + detail);
    }

    /** Whether the session has kept us waiting for longer than it may; closes it then. Called now and then. */
    void checkTime(Duration silence, Duration slowConsumer) {
        FrameInput input = connection.input();
        boolean nobody = client == null;
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
        @Nullable ClientId id = client;
        String port = listener();
        return "session " + number + " (" + (id == null ? "nobody yet" : id) + ", " + address() + ":" + port()
                + (port.equals("main") ? ")" : ", " + port + ")");
    }
}
