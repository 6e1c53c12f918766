package zap.server.tracing;

import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.Frame;

/**
 * Told of what happens to messages; follows some of them. All times are {@link System#nanoTime()}. No method blocks for anything but other
 * calls of it.
 */
public interface Tracing {

    /** Follows nothing. */
    Tracing OFF = new Tracing() {
        @Override
        public @Nullable MessageTrace begin(long session, ClientId sender, Frame frame, long receivedAtNanos) {
            return null;
        }

        @Override
        public void written(long session, ClientId recipient, long first, long last) {}

        @Override
        public void confirmed(long recipient, long upTo) {}
    };

    /**
     * A frame has been read, and is to be stored now.
     *
     * @param session the number of the session that it came from
     * @param sender the session's own client
     * @param receivedAtNanos when it came
     * @return what is to be told how it goes on; null when this one is not followed
     */
    @Nullable
    MessageTrace begin(long session, ClientId sender, Frame frame, long receivedAtNanos);

    /**
     * Mail was written to its recipient's connection.
     *
     * @param session the number of the recipient's session
     * @param first the position of its first entry
     * @param last the position of its last
     */
    void written(long session, ClientId recipient, long first, long last);

    /** It is durable that a client has been given its mail up to a position. */
    void confirmed(long recipient, long upTo);
}
