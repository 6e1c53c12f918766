package zap.server.mailbox;

import org.jspecify.annotations.Nullable;

/** How far one client's mailbox has come, while its row is locked. The columns of the client table that are ours. */
final class Counters {

    final long client;
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
        this.stream = stream;
        this.accepted = accepted;
        this.tail = tail;
        this.given = given;
        this.settled = settled;
    }
}
