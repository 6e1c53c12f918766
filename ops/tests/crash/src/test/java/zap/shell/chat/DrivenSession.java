package zap.shell.chat;

import java.security.SecureRandom;
import zap.shell.connection.SessionStart;

/** The client's way into a session, for tests that drive it frame by frame. */
public final class DrivenSession {

    private DrivenSession() {}

    /** Returns the handshake that a client begins its sessions with. */
    public static SessionStart handshake(ProfileClient client) {
        return new AssuredHandshake(
                client.database(),
                client.self().orElseThrow(),
                client.server(),
                client.clock(),
                new SecureRandom(),
                ClientListener.NOBODY,
                _ -> {});
    }
}
