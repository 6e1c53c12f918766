package zap.server.mailbox;

import java.util.function.Consumer;
import java.util.function.LongConsumer;
import zap.protocol.Reason;

/**
 * A write that is always refused. It goes through the writer all the same, so that its refusal keeps its place in the
 * order of its session's frames.
 *
 * @param reason the reason of the refusal
 * @param onSettled receives the outcome, on the writer's thread; must not block
 */
public record RefusedWrite(Reason reason, Consumer<WriteOutcome> onSettled) implements Write {

    @Override
    public void touch(LongConsumer clients) {
        // It concerns no client.
    }

    @Override
    public WriteOutcome apply(Batch batch) {
        return WriteOutcome.refused(reason);
    }

    @Override
    public void settled(WriteOutcome outcome) {
        onSettled.accept(outcome);
    }
}
