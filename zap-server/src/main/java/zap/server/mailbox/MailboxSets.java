package zap.server.mailbox;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * The statements of the writer: each does its work for a whole batch at once, however many clients are in it. They run in
 * the caller's transaction.
 */
interface MailboxSets {

    /**
     * Locks the counters of these clients until the transaction ends, in ascending order of id, so that two nodes never
     * wait for each other in a circle.
     *
     * @param clients distinct ids in ascending order; those that do not exist are missing in the answer
     */
    Locked lock(long[] clients);

    /**
     * What {@link #lock} found.
     *
     * @param transaction the database's name for this transaction: after a lost connection it tells whether it committed
     */
    record Locked(List<Counters> clients, long transaction) {}

    /** Inserts the entries. */
    void insert(List<Append> appends);

    /** Writes the counters back. */
    void advance(List<Counters> counters);

    /** Builds the ledgers of these mailboxes from what is after {@code settled}. */
    Map<Long, ReceiptLedger> ledgers(Collection<Long> clients);

    /** What became of a transaction. */
    enum Fate {
        COMMITTED,
        ABORTED,
        IN_PROGRESS
    }

    /** Asks what became of a transaction whose connection was lost while it was ending. */
    Fate fateOf(long transaction);

    /** How many entries wait in all mailboxes together. */
    long waiting();

    /**
     * Deletes entries that nobody needs any more, for some clients that have such.
     *
     * @param after only clients with a greater id
     * @param most how many clients at most
     * @return the last client that was looked at and the number of entries deleted
     */
    Forgotten forget(long after, int most);

    /**
     * One round of forgetting.
     *
     * @param lastClient where the next round goes on
     * @param clients for how many clients something was deleted; 0 when there was nothing left
     * @param entries how many entries were deleted
     */
    record Forgotten(long lastClient, int clients, long entries) {}
}
