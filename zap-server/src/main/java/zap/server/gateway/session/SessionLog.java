package zap.server.gateway.session;

import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;
import zap.protocol.ClientId;
import zap.protocol.FrameType;
import zap.protocol.Reason;

/** The log lines about one session. May be used by all threads. */
final class SessionLog {

    private static final Logger log = LoggerFactory.getLogger(SessionLog.class);

    /** Refusals of one session that are logged in full; after these, only every time their number has doubled. */
    private static final long LOGGED_REFUSALS = 8;

    private final long number;
    private final Link link;
    private final AtomicLong refusals = new AtomicLong();
    private volatile @Nullable ClientId client;

    SessionLog(long number, Link link) {
        this.number = number;
        this.link = link;
    }

    /** Returns the name of the session in the log: its number, its client when that is known, and its peer. */
    String subject() {
        @Nullable ClientId known = client;
        String listener = link.listener();
        return "session " + number + " (" + (known == null ? "not identified" : known) + ", "
                + link.address().getHostAddress() + ":" + link.port()
                + (listener.equals("main") ? ")" : ", " + listener + ")");
    }

    private LoggingEventBuilder line(SessionEvent event, Level level) {
        return event.on(log, level, number, link, client);
    }

    /** Returns how many frames of the session were refused. */
    long refusals() {
        return refusals.get();
    }

    void opened() {
        line(SessionEvent.OPENED, Level.DEBUG).log("{} opened", subject());
    }

    void announced(InetAddress proxy) {
        line(SessionEvent.ANNOUNCED, Level.DEBUG)
                .addKeyValue(SessionEvent.PROXY, proxy.getHostAddress())
                .log("{} came through the proxy {}", subject(), proxy.getHostAddress());
    }

    void identified(ClientId client) {
        this.client = client;
        line(SessionEvent.IDENTIFIED, Level.DEBUG).log("{} is identified", subject());
    }

    void refused(FrameType type, Reason reason) {
        long count = refusals.incrementAndGet();
        if (count <= LOGGED_REFUSALS) {
            refusal(type, reason).log("{} refused {}: {} ({})", subject(), type, reason, reason.sentence());
        } else if (hasDoubled(count)) {
            refusal(type, reason)
                    .log("{} refused {}: {}; {} refusals in this session so far", subject(), type, reason, count);
        }
    }

    private LoggingEventBuilder refusal(FrameType type, Reason reason) {
        return line(SessionEvent.REFUSED, Level.INFO)
                .addKeyValue(SessionEvent.FRAME, type.name())
                .addKeyValue(SessionEvent.REASON, reason.name());
    }

    void dropped(int bytes, String why) {
        long count = refusals.incrementAndGet();
        if (count <= LOGGED_REFUSALS || hasDoubled(count)) {
            line(SessionEvent.DROPPED, Level.INFO)
                    .addKeyValue(SessionEvent.REASON, Reason.MALFORMED.name())
                    .log("{} dropped {} bytes that are not a frame: {}", subject(), bytes, why);
        }
    }

    private static boolean hasDoubled(long count) {
        return Long.bitCount(count) == 1;
    }

    void blocked(ClientId claimed) {
        line(SessionEvent.BLOCKED, Level.INFO)
                .addKeyValue(SessionEvent.CLAIMS, claimed.toString())
                .log("{} claims to be {}, which is blocked", subject(), claimed);
    }

    void waits(Exception cause) {
        line(SessionEvent.WAITING, Level.DEBUG)
                .log("{} waits for the database, which does not respond: {}", subject(), cause.getMessage());
    }

    void failed(Throwable cause) {
        line(SessionEvent.FAILED, Level.ERROR).setCause(cause).log("{} failed", subject());
    }

    void closed(CloseReason reason, @Nullable String detail) {
        line(SessionEvent.CLOSED, reason.isOrdinary() ? Level.DEBUG : Level.INFO)
                .addKeyValue(SessionEvent.REASON, reason.name())
                .log("{} closed: {} ({}){}", subject(), reason, reason.sentence(), detail == null ? "" : ": " + detail);
    }
}
