package zap.server.gateway.session;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;
import zap.protocol.ClientId;

/**
 * The log events about sessions. Programs that read the log look for these names and for those of the fields, so they
 * must not change (docs/runbook.md).
 *
 * <p>The text of each line names the session. The fields carry the session's number, which is the same on all its
 * lines, the peer's address, and the client as soon as it is known. No line contains message text.
 */
enum SessionEvent {
    /** A peer has connected. */
    OPENED,
    /** A trusted proxy has named the peer's address. */
    ANNOUNCED,
    /** The session is a client's from now on. */
    IDENTIFIED,
    /** The peer has claimed to be a client that an operator has blocked. */
    BLOCKED,
    /** A frame was refused. */
    REFUSED,
    /** A packet on the recv listener was not a frame. */
    DROPPED,
    /** The session waits for the database. */
    WAITING,
    /** A bug in this server. */
    FAILED,
    /** The session is closed. */
    CLOSED;

    /** The protocol's reason of a refusal, or the {@link CloseReason} of a session. */
    static final String REASON = "zap.reason";

    /** The frame's {@link zap.protocol.FrameType}. */
    static final String FRAME = "zap.frame";

    /** The client that the peer claims to be. */
    static final String CLAIMS = "zap.claims";

    /** The address of the proxy through which the peer has connected. */
    static final String PROXY = "zap.proxy";

    private static final String ACTION = "event.action";
    private static final String SESSION = "zap.session";
    private static final String CLIENT = "zap.client";
    private static final String LISTENER = "zap.listener";
    private static final String ADDRESS = "client.ip";
    private static final String PORT = "client.port";

    private final String action = "session-" + name().toLowerCase(Locale.ROOT);

    /** Returns its name in the log. */
    String action() {
        return action;
    }

    /** Begins a log line of this event about a session. Makes no fields when the level is off. */
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
