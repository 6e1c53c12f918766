package zap.shell.connection;

import java.util.List;
import org.jspecify.annotations.Nullable;
import zap.protocol.Frame;

/** Knows what the frames of one session mean. A line calls it from its own threads, one call at a time. */
public interface FrameHandler {

    /** The session has begun. */
    void opened();

    /** What is to be written now. It is noted before this returns; what is not written after all was lost with the connection. */
    List<Frame> due();

    /** Frames have come. They are on disk when this returns. */
    void came(List<Frame> frames);

    /** Whether the server owes an answer for too long, so that the connection must be taken for dead. */
    boolean isOverdue();

    /** The session is no more. */
    void closed();

    /** Returns what it means that the server hangs up now, without a word. */
    default ServerConnection.ConnectionProblem hungUp() {
        return ServerConnection.ConnectionProblem.CLOSED_BY_SERVER;
    }

    /** Why the server has ended the session, if it said so. */
    ServerConnection.@Nullable ConnectionProblem farewell();
}
