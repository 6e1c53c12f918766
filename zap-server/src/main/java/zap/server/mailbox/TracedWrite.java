package zap.server.mailbox;

import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import zap.protocol.Reason;
import zap.server.tracing.MessageTrace;

/**
 * Wraps a write and reports its outcome to a trace. Writes that are not traced are not wrapped, so tracing costs them
 * nothing.
 */
public final class TracedWrite implements Write {

    private final Write write;
    private final MessageTrace trace;
    private int batchSize;
    private List<MessageTrace.Entry> entries = List.of();

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
    public void touch(LongConsumer clients) {
        write.touch(clients);
    }

    @Override
    public void readsLedgerOf(LongConsumer clients) {
        write.readsLedgerOf(clients);
    }

    @Override
    public WriteOutcome apply(Batch batch) {
        List<NewEntry> newEntries = batch.newEntries();
        int before = newEntries.size();
        WriteOutcome outcome = write.apply(batch);
        batchSize = batch.size();
        entries = newEntries.subList(before, newEntries.size()).stream()
                .map(entry ->
                        new MessageTrace.Entry(entry.recipient(), entry.item().position()))
                .toList();
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
            case WriteOutcome.Stored() -> trace.committed(batchSize, entries);
            case WriteOutcome.Refused(Reason reason) -> trace.refused(reason);
        }
        write.settled(outcome);
    }

    @Override
    public void mailReported() {
        write.mailReported();
    }
}
