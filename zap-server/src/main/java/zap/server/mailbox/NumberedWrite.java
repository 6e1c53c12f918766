package zap.server.mailbox;

import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.HistoryDigest;
import zap.protocol.Reason;
import zap.protocol.StreamId;

/**
 * A write that stands for a numbered frame of an assured session (protocol section 3, stream and accepted): its effects and
 * its being counted are one transaction, so that it counts exactly once, over any number of crashes and repetitions. Its
 * refusal is kept in the same transaction.
 */
public final class NumberedWrite implements Write {

    /** Told what became of the frame; on the writer's thread, must not block. */
    public interface Outcome {
        /**
         * The frame, and all before it, have been dealt with; this one was refused if there is a reason.
         *
         * @param at the last position of the sender's mailbox when the frame was accepted
         */
        void accepted(long ordinal, long at, @Nullable Reason refusal);
    }

    /**
     * A frame's place in its stream.
     *
     * @param session the sender's session, see {@link MailboxCursor#session}
     * @param ordinal the frame's number in the stream, from 1
     * @param digest the stream's digest after the frame
     */
    public record Place(ClientId sender, long session, StreamId stream, long ordinal, HistoryDigest digest) {}

    private final Write write;
    private final Place place;
    private final Outcome outcome;
    private boolean counted;
    private long at;

    /**
     * @param write what the frame asks for
     * @param place where the frame stands
     */
    public NumberedWrite(Write write, Place place, Outcome outcome) {
        this.write = write;
        this.place = place;
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
    public boolean followsConfirmations() {
        return write.followsConfirmations();
    }

    @Override
    public void touch(LongConsumer clients) {
        clients.accept(place.sender().value());
        write.touch(clients);
    }

    @Override
    public void readsLedgerOf(LongConsumer clients) {
        write.readsLedgerOf(clients);
    }

    @Override
    public @Nullable Reason apply(Batch batch) {
        counted = batch.isNext(place);
        if (!counted) {
            return null;
        }
        @Nullable Reason refusal = write.apply(batch);
        at = batch.accept(place, refusal);
        return refusal;
    }

    /** The number is used up all the same, or everything after it would wait for it. */
    @Override
    public @Nullable Write whenImpossible() {
        return new NumberedWrite(new RefusedWrite(Reason.BAD_TEXT, write::settled), place, outcome);
    }

    @Override
    public void settled(@Nullable Reason refusal) {
        if (counted) {
            write.settled(refusal);
            outcome.accepted(place.ordinal(), at, refusal);
        }
        // Otherwise a newer session has taken the client, and nobody waits for this answer.
    }
}
