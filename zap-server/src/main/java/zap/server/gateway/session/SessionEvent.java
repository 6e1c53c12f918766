package zap.server.gateway.session;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;
import zap.protocol.ClientId;

/**
 * What the log says about sessions. Programs that read the log look for these names, and for those of the fields, so they stay as they are
 * (docs/runbook.md).
 *
 * <p>Each line says in its text which session it is about. As fields it carries the session's number, which is the same from its first line
 * to its last, where the peer is, and the client as soon as it has said who it is. No line has what is in a message.
 */
enum SessionEvent {
    /** Somebody has connected. */
    OPENED,
    /** It is a client from now on. */
    IDENTIFIED,
    /** It has said to be a client that an operator has blocked. */
    BLOCKED,
    /** A frame was refused. */
    REFUSED,
    /** Something came on the recv listener that is no frame. */
    DROPPED,
    /** Its frames or its mail wait for the database. */
    WAITING,
    /** A bug of ours. */
    FAILED,
    /** It has ended, or is about to. */
    CLOSED;

    /** The protocol's word for why something was refused, or {@link CloseReason}'s for why a session was closed. */
    static final String REASON = "zap.reason";

    /** What kind of frame it is about: {@link zap.protocol.FrameType}. */
    static final String FRAME = "zap.frame";

    /** Which client it has said to be, without being it. */
    static final String CLAIMS = "zap.claims";

    private static final String ACTION = "event.action";
    private static final String SESSION = "zap.session";
    private static final String CLIENT = "zap.client";
    private static final String LISTENER = "zap.listener";
    private static final String ADDRESS = "client.ip";
    private static final String PORT = "client.port";

    private final String action = "session-" + name().toLowerCase(Locale.ROOT);

    /** Its name in the log. */
    String action() {
        return action;
    }

    /** Begins a line of this event about a session. Nothing is made of it where nobody reads this level. */
    LoggingEventBuilder on(Logger log, Level level, long session, Link link, @Nullable ClientId client) {
        LoggingEventBuilder line = log.atLevel(level);
        if (!log.isEnabledForLevel(level)) {
            return line;
        }
        if (client != null) {
            line = line.addKeyValue(CLIENT, client.toString());
        }
        return line.addKeyValue(ACTION, action)
                .addKeyValue(SESSION, session)
                .addKeyValue(LISTENER, link.listener())
                .addKeyValue(ADDRESS, link.address().getHostAddress())
                .addKeyValue(PORT, link.port());
    }
}
