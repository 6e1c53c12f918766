package zap.server.mailbox;

import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.HistoryDigest;
import zap.protocol.Reason;
import zap.protocol.StreamId;

/**
 * A write for a numbered frame of an assured session (protocol section 3, stream and accepted). One transaction stores
 * its effects, counts the frame and keeps its refusal, so that the frame counts exactly once, over any number of
 * crashes and repetitions.
 */
public final class NumberedWrite implements Write {

    /** The listener for the frame's outcome. Called on the writer's thread; must not block. */
    public interface Listener {
        /**
         * Reports that the frame and all earlier ones have been accepted. A refused frame counts as accepted, too.
         *
         * @param at the last position of the sender's mailbox when the frame was accepted
         */
        void accepted(long ordinal, long at, WriteOutcome outcome);
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
    private final Listener listener;
    private boolean counted;
    private long at;
    /** The batch of the last {@link #apply}. */
    private @Nullable Batch batch;

    /**
     * @param write the write that the frame asks for
     * @param place the frame's place in its stream
     */
    public NumberedWrite(Write write, Place place, Listener listener) {
        this.write = write;
        this.place = place;
        this.listener = listener;
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
    public @Nullable ClientId precedesConfirmationsOf() {
        return write.precedesConfirmationsOf();
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
    public WriteOutcome apply(Batch batch) {
        this.batch = batch;
        counted = batch.isNext(place);
        if (!counted) {
            return WriteOutcome.STORED;
        }
        WriteOutcome outcome = write.apply(batch);
        at = batch.accept(place, outcome);
        return outcome;
    }

    /**
     * Returns a write that only counts the frame. Without it, every later frame of the stream would wait for this
     * ordinal.
     */
    @Override
    public @Nullable Write whenImpossible() {
        return new NumberedWrite(new RefusedWrite(Reason.BAD_TEXT, write::settled), place, listener);
    }

    @Override
    public void settled(WriteOutcome outcome) {
        @Nullable Batch stored = batch;
        if (counted && stored != null) {
            write.settled(outcome);
            listener.accepted(place.ordinal(), stored.placed(place.sender(), at), outcome);
        }
        // Otherwise a newer session has replaced this one, which gets no answer.
    }
}
