package zap.shell.connection;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** How a session with the server begins: who dials, what is said first, and with whom the line then goes on. */
@FunctionalInterface
public interface SessionStart {

    /**
     * A session that has begun.
     *
     * @param channel its connection
     * @param correspondent who knows what its frames mean
     */
    record Begun(FrameChannel channel, FrameHandler correspondent) {}

    /**
     * Dials, more than once if it must, and says who we are.
     *
     * @throws RefusedException when the server does not want us
     * @throws IOException when there is no connection, or no answer
     */
    Begun begin(FrameChannel.Dialer dialer) throws IOException;

    /**
     * Returns whether something was put right on the own disk since the last {@link #begin} was called, so that a session that has failed
     * may well begin at once. Each such thing is told once.
     */
    default boolean hasPutRight() {
        return false;
    }

    /** The server is there, and there is no session for this reason. */
    final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        private final ServerConnection.ConnectionProblem trouble;

        public RefusedException(ServerConnection.ConnectionProblem trouble) {
            this(trouble, null);
        }

        /**
         * The same.
         *
         * @param cause what showed it; null when it was said
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
