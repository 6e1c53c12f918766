package zap.server.mailbox;

import org.jspecify.annotations.Nullable;

/**
 * How far one client's mailbox has come: the columns of the client table that are ours. Remembers what they were when they were read, so
 * that they are not written over what somebody else has written since.
 */
final class Counters {

    final long client;
    final @Nullable Long streamBefore;
    final long acceptedBefore;
    final long tailBefore;
    final long givenBefore;
    final long settledBefore;
    /** Which of its stores the client sends from; null until a session has named it. */
    @Nullable
    Long stream;

    /** How many frames of that stream have been dealt with. */
    long accepted;

    long tail;
    long given;
    long settled;
    boolean changed;

    Counters(long client, @Nullable Long stream, long accepted, long tail, long given, long settled) {
        this.client = client;
        this.streamBefore = stream;
        this.acceptedBefore = accepted;
        this.tailBefore = tail;
        this.givenBefore = given;
        this.settledBefore = settled;
        this.stream = stream;
        this.accepted = accepted;
        this.tail = tail;
        this.given = given;
        this.settled = settled;
    }

    /** The same, to be changed from here on. */
    Counters next() {
        return new Counters(client, stream, accepted, tail, given, settled);
    }
}
