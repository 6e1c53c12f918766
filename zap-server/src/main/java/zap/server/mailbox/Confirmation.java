package zap.server.mailbox;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.Reason;

/**
 * A client has been given its mail up to a position. One object serves a session for its whole life: while it waits in the
 * writer's queue, a later position replaces the earlier one.
 */
public final class Confirmation implements Write {

    private final ClientId client;
    private final AtomicBoolean queued = new AtomicBoolean();
    private volatile long upTo;
    private long taken;

    public Confirmation(ClientId client) {
        this.client = client;
    }

    /** Whose mail it is about. */
    public ClientId client() {
        return client;
    }

    /**
     * Raises the position.
     *
     * @return whether it must be submitted now; otherwise it waits in the queue already
     */
    public boolean raise(long position) {
        upTo = position;
        return queued.compareAndSet(false, true);
    }

    /** The position of the last {@link #raise}. */
    public long upTo() {
        return upTo;
    }

    /** The position that the writer took when it prepared the batch. */
    long taken() {
        return taken;
    }

    @Override
    public void prepare() {
        // In this order: a position raised after this is submitted once more, one raised before is taken.
        queued.set(false);
        taken = upTo;
    }

    @Override
    public void touch(LongConsumer clients) {
        clients.accept(client.value());
    }

    @Override
    public @Nullable Reason apply(Batch batch) {
        if (!batch.knows(client)) {
            return Reason.UNKNOWN_CLIENT;
        }
        if (taken > batch.tail(client)) {
            return Reason.MALFORMED;
        }
        batch.confirm(client, taken);
        return null;
    }

    @Override
    public void settled(@Nullable Reason refusal) {
        // Nobody waits for it.
    }
}
