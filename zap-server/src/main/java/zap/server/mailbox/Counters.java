package zap.server.mailbox;

import zap.protocol.HistoryDigest;

/**
 * The cursors of one client's mailbox: the columns of table {@code client} that this package owns. Keeps the values
 * that were read, so that a write never overwrites a change of another transaction.
 */
final class Counters {

    /** The number of no node: numbers of nodes begin with 1. */
    static final long NO_NODE = 0;

    final long client;
    final StreamState streamBefore;
    final long tailBefore;
    final long givenBefore;
    final long settledBefore;

    /** The number of the client's current or last session. Changes only under the row's lock. */
    long session;

    /** The node on which that session began; {@link #NO_NODE} if the client has had none. Changes with the session. */
    long node;

    /** The stream that the client sends from now. */
    StreamState stream;

    long tail;
    long given;

    /** The digest of the mailbox at {@code given}. */
    HistoryDigest digest;

    long settled;
    boolean changed;

    Counters(
            long client,
            long session,
            long node,
            StreamState stream,
            long tail,
            long given,
            HistoryDigest digest,
            long settled) {
        this.client = client;
        this.streamBefore = stream;
        this.tailBefore = tail;
        this.givenBefore = given;
        this.settledBefore = settled;
        this.session = session;
        this.node = node;
        this.stream = stream;
        this.tail = tail;
        this.given = given;
        this.digest = digest;
        this.settled = settled;
    }

    /**
     * Takes over the place that the database gave a batch's entries.
     *
     * @param last the last position of the mailbox
     * @param shift the number of entries that were there before the batch, and not known
     */
    void moveTo(long last, long shift) {
        tail = last;
        if (streamChanged()) {
            stream = stream.at(stream.at() + shift);
        }
    }

    /** Returns whether a batch accepts a frame of the client. */
    boolean streamChanged() {
        return !stream.equals(streamBefore);
    }

    /** Returns whether a batch changes what only the client's current session may change. */
    boolean ownChanged() {
        return streamChanged() || given != givenBefore || settled != settledBefore;
    }

    /** Returns a copy for the next batch, with another last position. */
    Counters withTail(long last) {
        return new Counters(client, session, node, stream, last, given, digest, settled);
    }

    /** Returns a copy for the next batch, with the present values as those that were read. */
    Counters next() {
        return withTail(tail);
    }
}
