package zap.shell.connection;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The start of a session with the server: dials, sends the first frames, and names the handler of all later ones. */
@FunctionalInterface
public interface SessionStart {

    /**
     * A session that has begun.
     *
     * @param channel its connection
     * @param handler of its frames
     */
    record Begun(FrameChannel channel, FrameHandler handler) {}

    /**
     * Dials, more than once if needed, and identifies the client.
     *
     * @throws RefusedException when the server refuses the session
     * @throws IOException when there is no connection, or no answer
     */
    Begun begin(FrameChannel.Dialer dialer) throws IOException;

    /**
     * Returns whether the last {@link #begin} or its session has put something right on the own disk, so that the next
     * session may begin at once. Each change is reported once.
     */
    default boolean hasPutRight() {
        return false;
    }

    /** Thrown when the server answers, but there is no session. */
    final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        private final ServerConnection.ConnectionProblem trouble;

        public RefusedException(ServerConnection.ConnectionProblem trouble) {
            this(trouble, null);
        }

        /**
         * @param cause the evidence; null when the server gave the reason itself
         */
        public RefusedException(ServerConnection.ConnectionProblem trouble, @Nullable Throwable cause) {
            super(trouble.name(), cause);
            this.trouble = trouble;
        }

        public ServerConnection.ConnectionProblem trouble() {
            return trouble;
        }
    }
}
