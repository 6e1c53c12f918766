package zap.server.mailbox;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * The SQL statements on the mailbox table and the counters. Each one does its work for a whole batch or page at once,
 * for any number of clients. They run in the caller's transaction, and {@link #store} in one of its own.
 */
interface MailboxStatements {

    /**
     * Minimum number of streams kept for a client, including the one that it sends from (protocol section 3, stream).
     */
    int KEPT_STREAMS = 32;

    /** Maximum number of refusals kept for a stream (protocol section 3, refused). */
    int KEPT_REFUSALS = 1000;

    /**
     * The name of a batch, by which {@link #fateOf} finds it.
     *
     * @param writer the number of its writer, see {@link #registerWriter}
     * @param number greater than the numbers of all earlier batches of this writer
     * @param confirmed the greatest number of this writer that the database has confirmed; 0 for none. The database has
     *     lost batches if it does not know it
     */
    record BatchName(long writer, long number, long confirmed) {}

    /** The outcome of a batch's transaction. */
    enum Fate {
        COMMITTED,
        ABORTED,
        IN_PROGRESS
    }

    /** The listener for refusals that have been deleted. */
    interface DroppedRefusals {
        /** Reports that the stream's refusals up to this ordinal have been deleted. */
        void dropped(long client, long stream, long ordinal);
    }

    /** Another transaction has changed counters since they were read. */
    final class CountersChangedException extends RuntimeException {
        private static final long serialVersionUID = 1;

        CountersChangedException() {
            super("Counters have changed since they were read", null, false, false);
        }
    }

    /**
     * The database has lost batches that it had confirmed: it was failed over to a standby that had not received them,
     * or restored.
     */
    final class BatchesLostException extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final BatchName batch;
        private final long known;

        /**
         * @param batch the batch for which this was noticed
         * @param known the number in the writer's row; {@link #NO_ROW} if that is lost, too
         */
        BatchesLostException(BatchName batch, long known) {
            super("Confirmed up to batch " + batch.confirmed() + ", known up to " + known, null, false, false);
            this.batch = batch;
            this.known = known;
        }

        /** Returns the greatest number that had been confirmed. */
        long confirmed() {
            return batch.confirmed();
        }

        /** Returns the number in the writer's row; {@link #NO_ROW} if that is lost, too. */
        long known() {
            return known;
        }
    }

    /** The number in a writer's row that does not exist. */
    long NO_ROW = -1;

    /**
     * Locks the counters of these clients until the transaction ends, in ascending order of id, so that two nodes never
     * deadlock.
     *
     * @param clients distinct ids in ascending order; unknown ids are missing in the result
     */
    List<Counters> lock(long[] clients);

    /** Returns the current counters of these clients; unknown clients are missing in the result. */
    List<Counters> read(long[] clients);

    /**
     * Stores a whole batch in one statement, which is a transaction by itself: inserts the entries, writes the counters
     * back, and records the batch's name for {@link #fateOf}.
     *
     * @param counters in ascending order of their clients
     * @throws CountersChangedException when the counters have changed since they were read, or the batch has been given
     *     up as lost; nothing has been stored then
     * @throws BatchesLostException when the database has lost earlier batches; nothing has been stored then
     */
    void store(List<NewEntry> newEntries, List<Counters> counters, BatchName batch);

    /**
     * Stores a batch like {@link #store}, where other nodes may have appended to the same mailboxes: the entries get
     * the positions behind what is there, and the receipts and read receipts that other nodes' messages make untrue are
     * found. An untrue receipt is not stored, and its recipient's {@code settled} stays as it is; an untrue read
     * receipt, or a mailbox without room, fails the batch.
     *
     * @throws CountersChangedException when a client's session, stream or cursors have changed since they were read, or
     *     the batch has been given up as lost, or fails; nothing has been stored then
     */
    Placement storeShared(SharedBatch batch);

    /**
     * Returns the next entries of a client's log.
     *
     * @param after the last position that the reader already has
     * @param limit maximum number of entries
     * @return oldest first, without a gap
     */
    List<MailboxItem> page(long recipient, long after, int limit);

    /** Inserts the entries. */
    void insert(List<NewEntry> newEntries);

    /**
     * Writes the counters back, and records the batch's name, which {@link #fateOf} finds after the commit.
     *
     * @throws BatchesLostException when the database has lost earlier batches
     */
    void advance(List<Counters> counters, BatchName batch);

    /** Builds the ledgers of these mailboxes from their entries after {@code settled}. */
    Map<Long, ReceiptLedger> ledgers(Collection<Long> clients);

    /**
     * Puts a client's current stream aside and takes out another of its streams (protocol section 3, stream). Of the
     * streams put aside, it keeps the most recently used ones, with their refusals.
     *
     * @param current the stream that the client has sent from so far; nothing is put aside when it has none
     * @param wanted the number of the stream that it sends from now
     * @param session the client's session that begins
     * @return the state of the wanted stream; that of a fresh stream when it is unknown
     */
    StreamState changeStream(long client, StreamState current, long wanted, long session);

    /** Keeps refusals, and deletes the oldest ones of a stream that has too many. */
    void keepRefusals(List<KeptRefusal> refusals, DroppedRefusals dropped);

    /** Returns the refusals of a stream after an ordinal, in ascending order. */
    List<KeptRefusal> refusals(long client, long stream, long after);

    /** Deletes all refusals of a stream. */
    void forgetRefusals(long client, long stream);

    /** Registers a new writer, so that its batches can be found by name. Returns its number. */
    long registerWriter();

    /** Removes a writer that has ended. Its batches can no longer be found. */
    void removeWriter(long writer);

    /**
     * Returns the outcome of the writer's newest batch, after its connection was lost during the commit. A batch that
     * is not committed by then never will be: if its statement is still running in the database, it fails when it finds
     * the greater number in the writer's row.
     *
     * @param instead the number that replaces the batch's from then on
     * @throws BatchesLostException when the database has lost earlier batches, and so does not have this one
     */
    Fate fateOf(BatchName batch, long instead);

    /**
     * Raises the number of a client's session without beginning another one, so that nothing of that session counts any
     * more. From then on the client is on no node.
     *
     * @param session the number of the session to end
     * @param node the node on which it is
     * @return false when the client has another session meanwhile, or does not exist
     */
    boolean endSession(long client, long session, long node);

    /** Returns the number of waiting entries in all mailboxes together. */
    long waiting();

    /**
     * Deletes waiting entries of clients that have been forgotten.
     *
     * @param limit maximum number of entries
     * @return number of deleted entries; less than {@code limit} when none is left
     */
    int clear(int limit);
}
