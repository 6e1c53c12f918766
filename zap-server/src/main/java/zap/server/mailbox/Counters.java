package zap.server.mailbox;

/** How far one client's mailbox has come, while its row is locked. The columns of the client table that are ours. */
final class Counters {

    final long client;
    long tail;
    long given;
    long settled;
    boolean changed;

    Counters(long client, long tail, long given, long settled) {
        this.client = client;
        this.tail = tail;
        this.given = given;
        this.settled = settled;
    }
}
