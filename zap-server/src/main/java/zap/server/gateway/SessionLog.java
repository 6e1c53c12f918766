package zap.server.gateway;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;
import zap.protocol.ClientId;
import zap.protocol.FrameType;
import zap.protocol.Reason;

/** The lines that the log has about one session. May be used by all threads. */
final class SessionLog {

    private static final Logger log = LoggerFactory.getLogger(Session.class);

    /** Refusals of one session that are logged in full; after these, only every time their number has doubled. */
    private static final long LOGGED_REFUSALS = 8;

    private final Session session;
    private final AtomicLong refusals = new AtomicLong();

    SessionLog(Session session) {
        this.session = session;
    }

    /** Returns how many frames of the session were refused. */
    long refusals() {
        return refusals.get();
    }

    void opened() {
        SessionEvent.OPENED.on(log, Level.DEBUG, session).log("{} opened", session);
    }

    void identified() {
        SessionEvent.IDENTIFIED.on(log, Level.DEBUG, session).log("{} has said who it is", session);
    }

    void refused(FrameType type, Reason reason) {
        long count = refusals.incrementAndGet();
        if (count <= LOGGED_REFUSALS) {
            refusal(type, reason).log("{} refused {}: {} ({})", session, type, reason, reason.sentence());
        } else if (hasDoubled(count)) {
            refusal(type, reason)
                    .log("{} refused {}: {}; {} refusals in this session so far", session, type, reason, count);
        }
    }

    private LoggingEventBuilder refusal(FrameType type, Reason reason) {
        return SessionEvent.REFUSED
                .on(log, Level.INFO, session)
                .addKeyValue(SessionEvent.FRAME, type.name())
                .addKeyValue(SessionEvent.REASON, reason.name());
    }

    void dropped(int bytes, String why) {
        long count = refusals.incrementAndGet();
        if (count <= LOGGED_REFUSALS || hasDoubled(count)) {
            SessionEvent.DROPPED
                    .on(log, Level.INFO, session)
                    .addKeyValue(SessionEvent.REASON, Reason.MALFORMED.name())
                    .log("{} dropped {} bytes that are no frame: {}", session, bytes, why);
        }
    }

    private static boolean hasDoubled(long count) {
        return Long.bitCount(count) == 1;
    }

    void blocked(ClientId claimed) {
        SessionEvent.BLOCKED
                .on(log, Level.INFO, session)
                .addKeyValue(SessionEvent.CLAIMS, claimed.toString())
                .log("{} comes as {}, which is blocked", session, claimed);
    }

    void waits(Exception cause) {
        SessionEvent.WAITING
                .on(log, Level.DEBUG, session)
                .log("{} waits, for the database does not answer: {}", session, cause.getMessage());
    }

    void failed(Throwable cause) {
        SessionEvent.FAILED.on(log, Level.ERROR, session).setCause(cause).log("{} failed", session);
    }

    void closed(CloseReason reason, @Nullable String detail) {
        SessionEvent.CLOSED
                .on(log, reason.isOrdinary() ? Level.DEBUG : Level.INFO, session)
                .addKeyValue(SessionEvent.REASON, reason.name())
                .log("{} closed: {} ({}){}", session, reason, reason.sentence(), detail == null ? "" : ": " + detail);
    }
}
