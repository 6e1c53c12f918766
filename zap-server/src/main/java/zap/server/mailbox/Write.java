package zap.server.mailbox;

import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;

/**
 * A change that the writer is to store. Writes are taken in the order in which they were submitted; those that came
 * during the last commit share the next one.
 *
 * <p>All methods are called on the writer's thread. When a transaction failed and is tried again, {@link #prepare},
 * {@link #touch} and {@link #apply} are called again from the start: they must keep nothing from the earlier calls.
 */
public interface Write {

    /** Looks up what can be known before the transaction. May query the database, and should seldom have to. */
    default void prepare() {}

    /**
     * Returns whether {@link #apply} needs a transaction in which the touched clients' rows are locked: when it stores
     * more than mail, or reports the cursors of a mailbox. Other writes are decided by cached rows, and stored only if
     * those still hold.
     */
    default boolean needsTransaction() {
        return false;
    }

    /**
     * Returns whether all earlier confirmations must be stored before this write, or with it: when it reports the
     * cursors of a mailbox.
     */
    default boolean followsConfirmations() {
        return needsTransaction();
    }

    /**
     * Returns the client whose later confirmations must not be stored before this write, because it says nothing of the
     * mail that they confirm; null for none.
     */
    default @Nullable ClientId precedesConfirmationsOf() {
        return null;
    }

    /** Names every client whose mailbox {@link #apply} may append to or ask about. */
    void touch(LongConsumer clients);

    /**
     * Names every client about whose waiting messages {@link #apply} asks ({@link Batch#oldestWaiting}). {@link #touch}
     * must name these clients too.
     */
    default void readsLedgerOf(LongConsumer clients) {}

    /**
     * Decides by the touched clients' counters, and appends the resulting entries.
     *
     * @return the outcome, if the transaction commits; a refused write has appended nothing
     */
    WriteOutcome apply(Batch batch);

    /**
     * Returns the write to store instead when this one cannot be stored; null for none. The other write must contain no
     * data that a client sent.
     */
    default @Nullable Write whenImpossible() {
        return null;
    }

    /**
     * Reports that the write's effects are durable, or that it was refused. Must not block, because the next batch
     * waits for it.
     *
     * @param outcome the result of {@link #apply}
     */
    void settled(WriteOutcome outcome);

    /** Reports that all sessions have been told of the mail of this write's batch. Must not block either. */
    default void mailReported() {}
}
