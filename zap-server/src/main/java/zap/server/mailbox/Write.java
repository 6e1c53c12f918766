package zap.server.mailbox;

import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import zap.protocol.Reason;

/**
 * Something that somebody wants stored. Writes are taken in the order in which they were submitted; those that came while
 * the last commit was running share the next one.
 *
 * <p>All methods are called on the writer's thread. {@link #prepare}, {@link #touch} and {@link #apply} may be called
 * again, from the start, when a transaction failed and is tried once more: they keep nothing from the time before.
 */
public interface Write {

    /** Looks up what can be known before the transaction. May ask the database, and should seldom have to. */
    default void prepare() {}

    /**
     * Whether {@link #apply} needs a transaction in which the touched clients' rows are locked: because it stores something besides mail, or
     * tells somebody how far a mailbox has come. Other writes are decided by what the writer remembers of these rows, and stored only
     * if that still holds.
     */
    default boolean needsTransaction() {
        return false;
    }

    /**
     * Whether everything that was confirmed before it was submitted must be stored before it, or with it: because it tells somebody
     * how far a mailbox has come.
     */
    default boolean followsConfirmations() {
        return needsTransaction();
    }

    /** Names every client whose mailbox {@link #apply} may append to or ask about. */
    void touch(LongConsumer clients);

    /**
     * Names every client about whose waiting messages {@link #apply} asks ({@link Batch#oldestWaiting}). It has touched them,
     * too.
     */
    default void readsLedgerOf(LongConsumer clients) {}

    /**
     * Decides, by the touched clients' counters, and appends what follows from it.
     *
     * @return null when it was done, or why it was refused; a refused write has appended nothing
     */
    @Nullable
    Reason apply(Batch batch);

    /**
     * What is to be stored instead when this write turned out to be one that cannot be; null for nothing. It must store
     * nothing of what came from outside.
     */
    default @Nullable Write whenImpossible() {
        return null;
    }

    /**
     * The write's effects are durable, or it was refused. Must not block, for the next batch waits for it.
     *
     * @param refusal what {@link #apply} returned
     */
    void settled(@Nullable Reason refusal);

    /** Whoever has mail through this write, or through others of its batch, has been told of it. Must not block either. */
    default void told() {}
}
