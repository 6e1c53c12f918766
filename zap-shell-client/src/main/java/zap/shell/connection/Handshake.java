package zap.shell.connection;

import java.io.IOException;

/** How a session with the server begins: who dials, what is said first, and with whom the line then goes on. */
@FunctionalInterface
public interface Handshake {

    /**
     * A session that has begun.
     *
     * @param channel its connection
     * @param correspondent who knows what its frames mean
     */
    record Begun(FrameChannel channel, Correspondent correspondent) {}

    /**
     * Dials, more than once if it must, and says who we are.
     *
     * @throws RefusedException when the server does not want us
     * @throws IOException when there is no connection, or no answer
     */
    Begun begin(FrameChannel.Dialer dialer) throws IOException;

    /** The server is there, and there will be no session. */
    final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        private final Line.Trouble trouble;

        public RefusedException(Line.Trouble trouble) {
            super(trouble.name());
            this.trouble = trouble;
        }

        public Line.Trouble trouble() {
            return trouble;
        }
    }
}
