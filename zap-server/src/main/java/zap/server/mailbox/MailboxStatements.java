package zap.server.mailbox;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * What is done with the mailbox table and the counters: each statement does its work for a whole batch or page at once, however many clients
 * are in it. They run in the caller's transaction; {@link #store} in one of its own.
 */
interface MailboxStatements {

    /** How many streams of a client are kept at least, the one that it sends from included (protocol section 3, stream). */
    int KEPT_STREAMS = 32;

    /** How many refusals of a stream are kept (protocol section 3, refused). */
    int KEPT_REFUSALS = 1000;

    /**
     * Locks the counters of these clients until the transaction ends, in ascending order of id, so that two nodes never
     * wait for each other in a circle.
     *
     * @param clients distinct ids in ascending order; those that do not exist are missing in the answer
     */
    List<Counters> lock(long[] clients);

    /** The counters of these clients as they are now; those that do not exist are missing in the answer. */
    List<Counters> read(long[] clients);

    /**
     * A whole batch in one statement that is a transaction by itself: inserts the entries, writes the counters back, and puts the name of
     * the batch where {@link #fateOf} finds it.
     *
     * @param counters in ascending order of their clients
     * @throws CountersChangedException when one of them is not any more as it was when it was read, or the batch has been given up for
     *     lost; nothing has been stored then
     */
    void store(List<NewEntry> appends, List<Counters> counters, BatchName batch);

    /** Somebody else has changed counters since they were read. */
    final class CountersChangedException extends RuntimeException {
        private static final long serialVersionUID = 1;

        CountersChangedException() {
            super("Counters have changed since they were read", null, false, false);
        }
    }

    /**
     * The entries of a client's log that come next.
     *
     * @param after the last position that the reader already has
     * @param most how many at most
     * @return oldest first, without a gap
     */
    List<MailboxItem> page(long recipient, long after, int most);

    /** Inserts the entries. */
    void insert(List<NewEntry> appends);

    /** Writes the counters back, and puts the name of the batch where {@link #fateOf} finds it when it has committed. */
    void advance(List<Counters> counters, BatchName batch);

    /** Builds the ledgers of these mailboxes from what is after {@code settled}. */
    Map<Long, ReceiptLedger> ledgers(Collection<Long> clients);

    /**
     * Puts a client's current stream aside and takes out another one of its streams (protocol section 3, stream). Of those put
     * aside, the ones used last are kept, with their refusals.
     *
     * @param current the stream that the client has sent from so far; nothing is put aside when it has none
     * @param wanted the number of the stream that it sends from now
     * @param session the client's session that begins
     * @return how far the wanted stream has come; its beginning when it is not known
     */
    StreamState changeStream(long client, StreamState current, long wanted, long session);

    /** Told of refusals that are not kept any more. */
    interface DroppedRefusals {
        /** The stream's refusals up to this ordinal are not kept any more. */
        void dropped(long client, long stream, long ordinal);
    }

    /** Keeps refusals, and drops the oldest of a stream that has too many. */
    void keepRefusals(List<KeptRefusal> refusals, DroppedRefusals dropped);

    /** The refusals of a stream behind an ordinal, in their order. */
    List<KeptRefusal> refusals(long client, long stream, long after);

    /** Deletes all refusals of a stream. */
    void forgetRefusals(long client, long stream);

    /**
     * What a batch can be asked for by.
     *
     * @param writer whose it is: see {@link #enroll}
     * @param number greater than that of all batches of this writer before
     */
    record BatchName(long writer, long number) {}

    /** Makes a new writer known, so that its batches can be asked for. */
    long enroll();

    /** The writer has ended, and nobody will ask for its batches any more. */
    void retire(long writer);

    /** What became of a batch. */
    enum Fate {
        COMMITTED,
        ABORTED,
        IN_PROGRESS
    }

    /**
     * Asks what became of the writer's newest batch, whose connection was lost before its end was heard of. If it has not been committed,
     * it never will be: its statement may still be running over there, and finds the row with a greater number then.
     *
     * @param instead the number that stands in its place from then on
     */
    Fate fateOf(BatchName batch, long instead);

    /** How many entries wait in all mailboxes together. */
    long waiting();

    /**
     * Deletes entries that wait for clients which have been forgotten.
     *
     * @param most how many entries at most
     * @return how many; fewer than that many when there are no more
     */
    int clear(int most);
}
