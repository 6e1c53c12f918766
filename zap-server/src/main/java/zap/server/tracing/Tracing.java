package zap.server.tracing;

import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.Frame;

/**
 * The tracing of messages: gets events of all messages, and traces some of them. All times are {@link
 * System#nanoTime()}. No method blocks except for other calls of this object.
 */
public interface Tracing {

    /** Traces nothing. */
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
     * Reports that a frame has been read and is about to be submitted.
     *
     * @param session the number of the session that it came from
     * @param sender the session's own client
     * @param receivedAtNanos the time at which it came
     * @return the trace to which its further events are reported; null when this message is not traced
     */
    @Nullable
    MessageTrace begin(long session, ClientId sender, Frame frame, long receivedAtNanos);

    /**
     * Reports that mail was written to its recipient's connection.
     *
     * @param session the number of the recipient's session
     * @param first the position of its first entry
     * @param last the position of its last entry
     */
    void written(long session, ClientId recipient, long first, long last);

    /** Reports that a client's confirmation up to a position is durable. */
    void confirmed(long recipient, long upTo);
}
