package zap.shell.connection;

import java.util.List;
import org.jspecify.annotations.Nullable;
import zap.protocol.Frame;

/**
 * A handler for the frames of one session. A {@link ServerConnection} calls it from its own threads, and never twice at
 * a time.
 */
public interface FrameHandler {

    /** Begins the session. */
    void opened();

    /**
     * Returns the frames that are due. They are recorded as handed over before this returns; frames that then cannot be
     * written are lost with the connection.
     */
    List<Frame> due();

    /** Receives frames. They are on disk when this returns. */
    void came(List<Frame> frames);

    /** Returns whether the server has owed an answer for too long, so that the connection counts as dead. */
    boolean isOverdue();

    /** Ends the session. */
    void closed();

    /** Returns the meaning of a server that hangs up now without giving a reason. */
    default ServerConnection.ConnectionProblem hungUp() {
        return ServerConnection.ConnectionProblem.CLOSED_BY_SERVER;
    }

    /** Returns the server's reason for ending the session; null when it has given none. */
    ServerConnection.@Nullable ConnectionProblem farewell();
}
