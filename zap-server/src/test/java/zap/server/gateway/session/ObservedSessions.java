package zap.server.gateway.session;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.List;
import zap.protocol.ClientId;
import zap.server.gateway.outbox.Outbox;
import zap.server.gateway.settings.GatewayMeters;
import zap.server.gateway.settings.GatewayProperties;
import zap.server.identity.IdentitiesInMemory;

/** The sessions of a server, for tests of other packages that want to act when the server lists them. */
public class ObservedSessions extends Sessions {

    private final Runnable beforeList;

    /** @param beforeList runs before each list of all sessions is returned */
    public ObservedSessions(GatewayProperties properties, MeterRegistry registry, Runnable beforeList) {
        super(properties, IdentitiesInMemory.lastUses(Clock.systemUTC()), registry);
        this.beforeList = beforeList;
    }

    @Override
    public List<Session> all() {
        beforeList.run();
        return super.all();
    }

    /** Opens the session of a connection. */
    public Session open(Link link, Outbox.Factory outboxes, GatewayMeters meters) {
        return new SessionOpener(this, outboxes, meters).open(link);
    }

    /** Identifies a session as a base client, which has no other session. */
    public void identify(Session session, ClientId client) {
        session.become(new SessionState.Base(client));
        claim(client, session, System.nanoTime());
        hold(client, session);
    }

    public static boolean isReadingStopped(Session session) {
        return session.isReadingStopped();
    }
}
