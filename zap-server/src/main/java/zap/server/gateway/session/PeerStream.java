package zap.server.gateway.session;

import zap.protocol.ClientId;
import zap.protocol.HistoryDigest;
import zap.protocol.StreamId;
import zap.server.mailbox.MailboxCursor;
import zap.server.mailbox.NumberedWrite;
import zap.server.mailbox.StreamState;

/**
 * The numbered stream of frames (05, 08, 10, 36) that the peer of an assured session sends. For the connection's own
 * thread.
 */
final class PeerStream {

    private final StreamId id;
    private final long clientSession;
    private long ordinal;
    private HistoryDigest digest;

    /**
     *
     *
     * @param state the stream's cursor
     * @param clientSession the number of the client's session, see {@link MailboxCursor#session}
     */
    PeerStream(StreamState state, long clientSession) {
        this.id = new StreamId(state.id());
        this.clientSession = clientSession;
        this.ordinal = state.accepted();
        this.digest = state.digest();
    }

    /**
     * Counts the next frame of the stream.
     *
     * @param index the frame's index in the current burst, from 0
     * @return its place in the stream
     */
    NumberedWrite.Place next(ClientId client, Link link, int index) {
        digest = link.digestAfter(digest, index);
        return new NumberedWrite.Place(client, clientSession, id, ++ordinal, digest);
    }
}
