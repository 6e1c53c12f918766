package zap.server.mailbox;

import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.Reason;
import zap.protocol.StreamId;

/**
 * A write that stands for a numbered frame of an assured session (protocol section 3, stream and accepted): its effects and its
 * being counted are one transaction, so that it counts exactly once, over any number of crashes and repetitions.
 */
public final class Numbered implements Write {

    /** Told what became of the frame; on the writer's thread, must not block. */
    public interface Outcome {
        /** The frame, and all before it, have been dealt with; this one was refused if there is a reason. */
        void accepted(long ordinal, @Nullable Reason refusal);
    }

    private final Write write;
    private final ClientId sender;
    private final @Nullable StreamId stream;
    private final long ordinal;
    private final Outcome outcome;
    private boolean counted;

    /**
     * @param write what the frame asks for
     * @param sender the session's own client
     * @param stream the stream that the session has named; null when it registered and has named none
     * @param ordinal the frame's number in the stream, from 1
     */
    public Numbered(Write write, ClientId sender, @Nullable StreamId stream, long ordinal, Outcome outcome) {
        this.write = write;
        this.sender = sender;
        this.stream = stream;
        this.ordinal = ordinal;
        this.outcome = outcome;
    }

    @Override
    public void prepare() {
        write.prepare();
    }

    @Override
    public boolean needsTransaction() {
        return write.needsTransaction();
    }

    @Override
    public void touch(LongConsumer clients) {
        clients.accept(sender.value());
        write.touch(clients);
    }

    @Override
    public @Nullable Reason apply(Batch batch) {
        counted = batch.accept(sender, stream, ordinal);
        return counted ? write.apply(batch) : null;
    }

    /** The number is used up all the same, or everything after it would wait for it. */
    @Override
    public @Nullable Write whenImpossible() {
        return new Numbered(new Refusal(Reason.BAD_TEXT, write::settled), sender, stream, ordinal, outcome);
    }

    @Override
    public void settled(@Nullable Reason refusal) {
        if (counted) {
            write.settled(refusal);
            outcome.accepted(ordinal, refusal);
        }
        // Otherwise a newer session has taken the stream over, and nobody waits for this answer.
    }
}
