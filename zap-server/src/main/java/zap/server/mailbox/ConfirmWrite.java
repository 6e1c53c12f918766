package zap.server.mailbox;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import zap.protocol.ClientId;
import zap.protocol.HistoryDigest;
import zap.protocol.Reason;

/**
 * Confirms that a client has its mail up to a position. Each session has one object for its whole life: while it waits
 * in the writer's queue, a later position replaces the earlier one.
 *
 * <p>It has no effect once the client has a newer session (protocol section 3, fence).
 */
public final class ConfirmWrite implements Write {

    /** A position and the mailbox's digest there. */
    record Mark(long position, HistoryDigest digest) {}

    private static final Mark NOTHING = new Mark(0, HistoryDigest.EMPTY);

    private final ClientId client;
    private final long session;
    private final AtomicBoolean queued = new AtomicBoolean();
    private volatile Mark upTo = NOTHING;
    private Mark taken = NOTHING;

    /** @param session the session's number, see {@link MailboxCursor#session} */
    public ConfirmWrite(ClientId client, long session) {
        this.client = client;
        this.session = session;
    }

    /** Returns the number of the session that confirms. */
    public long session() {
        return session;
    }

    /** Returns the client whose mail is confirmed. */
    public ClientId client() {
        return client;
    }

    /**
     * Raises the position.
     *
     * @param digest the mailbox's digest at the position
     * @return whether the caller must submit it now; otherwise it waits in the queue already
     */
    public boolean raise(long position, HistoryDigest digest) {
        upTo = new Mark(position, digest);
        return queued.compareAndSet(false, true);
    }

    /** Returns the position of the last {@link #raise}. */
    public long upTo() {
        return upTo.position;
    }

    /**
     * Leaves the writer's queue: the last position that was raised is stored. It stays the same when the batch is tried
     * again, because a later position may come after a read mark that is not in the batch.
     */
    public void leaveQueue() {
        leaveQueueWith(endWait());
    }

    /** Leaves the writer's queue with a position that an earlier {@link #endWait} returned. */
    void leaveQueueWith(Mark mark) {
        taken = mark;
    }

    /** Returns the position that waits in the queue. A later one is submitted anew. */
    Mark endWait() {
        // The order matters: a position raised after this line is submitted again, one raised before it is taken now.
        queued.set(false);
        return upTo;
    }

    /** Returns the position to store. */
    long taken() {
        return taken.position;
    }

    @Override
    public void touch(LongConsumer clients) {
        clients.accept(client.value());
    }

    @Override
    public WriteOutcome apply(Batch batch) {
        if (!batch.knows(client)) {
            return WriteOutcome.refused(Reason.UNKNOWN_CLIENT);
        }
        if (!batch.isSession(client, session)) {
            return WriteOutcome.STORED;
        }
        if (taken.position > batch.tailBefore(client)) {
            return WriteOutcome.refused(Reason.MALFORMED);
        }
        batch.confirm(client, taken.position, taken.digest);
        return WriteOutcome.STORED;
    }

    @Override
    public void settled(WriteOutcome outcome) {
        // No session waits for the outcome.
    }
}
