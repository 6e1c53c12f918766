package zap.server.gateway.session;

import org.springframework.stereotype.Component;
import zap.server.gateway.outbox.Outbox;
import zap.server.gateway.settings.GatewayMeters;

/** Opens a session for each accepted connection. */
@Component
public class SessionOpener {

    private final Sessions sessions;
    private final Outbox.Factory outboxes;
    private final GatewayMeters meters;

    SessionOpener(Sessions sessions, Outbox.Factory outboxes, GatewayMeters meters) {
        this.sessions = sessions;
        this.outboxes = outboxes;
        this.meters = meters;
    }

    /**
     * Opens the session of a connection. For the thread that accepts, because the order of calls decides the order of
     * sessions.
     */
    public Session open(Link link) {
        var session = new Session(sessions.nextNumber(), link, sessions, meters, outboxes);
        sessions.opened(session);
        session.opened();
        return session;
    }
}
