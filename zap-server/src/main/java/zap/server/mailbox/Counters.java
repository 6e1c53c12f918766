package zap.server.mailbox;

import zap.protocol.HistoryDigest;

/**
 * How far one client's mailbox has come: the columns of the client table that are ours. Remembers what they were when they
 * were read, so that they are not written over what somebody else has written since.
 */
final class Counters {

    final long client;
    final StreamState streamBefore;
    final long tailBefore;
    final long givenBefore;
    final long settledBefore;

    /** The number of the session that the client has, or had last. Changes only under the row's lock. */
    long session;

    /** The stream that the client sends from now. */
    StreamState stream;

    long tail;
    long given;

    /** The digest of the mailbox at {@code given}. */
    HistoryDigest digest;

    long settled;
    boolean changed;

    Counters(long client, long session, StreamState stream, long tail, long given, HistoryDigest digest, long settled) {
        this.client = client;
        this.streamBefore = stream;
        this.tailBefore = tail;
        this.givenBefore = given;
        this.settledBefore = settled;
        this.session = session;
        this.stream = stream;
        this.tail = tail;
        this.given = given;
        this.digest = digest;
        this.settled = settled;
    }

    /** The same, to be changed from here on. */
    Counters next() {
        return new Counters(client, session, stream, tail, given, digest, settled);
    }
}
