package zap.server.mailbox;

import zap.protocol.HistoryDigest;
import zap.protocol.StreamId;

/**
 * The state of one of a client's streams (protocol section 3, stream and accepted).
 *
 * @param id the stream's number; {@link #NO_STREAM} when the client has named none yet
 * @param accepted number of its frames that have been accepted
 * @param digest the digest of these frames
 * @param at the last position of the client's mailbox when the last of them was accepted
 * @param dropped refusals up to this ordinal have been deleted
 */
public record StreamState(long id, long accepted, HistoryDigest digest, long at, long dropped) {

    /** The number of no stream: streams' numbers have thirteen digits. */
    static final long NO_STREAM = -1;

    /** The state of a client that has had no assured session yet. */
    static final StreamState NONE = fresh(NO_STREAM);

    /** Returns the beginning of a stream. */
    public static StreamState fresh(StreamId id) {
        return fresh(id.value());
    }

    static StreamState fresh(long id) {
        return new StreamState(id, 0, HistoryDigest.EMPTY, 0, 0);
    }

    /** Returns the stream with one more frame accepted. */
    StreamState next(HistoryDigest next, long tail) {
        return new StreamState(id, accepted + 1, next, tail, dropped);
    }

    /** Returns the stream with the last acceptance at another position. */
    StreamState at(long position) {
        return new StreamState(id, accepted, digest, position, dropped);
    }

    /** Returns the stream without the refusals up to an ordinal. */
    StreamState droppedUpTo(long ordinal) {
        return new StreamState(id, accepted, digest, at, Math.max(dropped, ordinal));
    }

    boolean isNone() {
        return id == NO_STREAM;
    }
}
