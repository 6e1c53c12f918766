package zap.server.mailbox;

import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.Reason;
import zap.server.tracing.MessageTrace;

/**
 * Wraps a write and reports its outcome to a trace. Writes that are not traced are not wrapped, so tracing costs them
 * nothing.
 */
public final class TracedWrite implements Write {

    private final Write write;
    private final MessageTrace trace;
    /** The batch of the last {@link #apply}. */
    private @Nullable Batch batch;
    /** The indexes of this write's entries in the batch. */
    private int first;

    private int end;

    public TracedWrite(Write write, MessageTrace trace) {
        this.write = write;
        this.trace = trace;
    }

    @Override
    public void prepare() {
        trace.transactionBegins();
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
        write.touch(clients);
    }

    @Override
    public void readsLedgerOf(LongConsumer clients) {
        write.readsLedgerOf(clients);
    }

    @Override
    public WriteOutcome apply(Batch batch) {
        this.batch = batch;
        first = batch.newEntries().size();
        WriteOutcome outcome = write.apply(batch);
        end = batch.newEntries().size();
        return outcome;
    }

    @Override
    public @Nullable Write whenImpossible() {
        return write.whenImpossible();
    }

    /** Reports to the trace first, so that it knows the entries before a session is given them. */
    @Override
    public void settled(WriteOutcome outcome) {
        switch (outcome) {
            case WriteOutcome.Stored() -> committed();
            case WriteOutcome.Refused(Reason reason) -> trace.refused(reason);
        }
        write.settled(outcome);
    }

    private void committed() {
        @Nullable Batch stored = batch;
        if (stored == null) {
            trace.committed(1, List.of()); // a bug made it fail, and another write was stored instead
            return;
        }
        trace.committed(
                stored.size(),
                stored.entries(first, end).stream()
                        .map(entry -> new MessageTrace.Entry(
                                entry.recipient(), entry.item().position()))
                        .toList());
    }

    @Override
    public void mailReported() {
        write.mailReported();
    }
}
