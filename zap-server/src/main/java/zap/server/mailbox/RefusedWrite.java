package zap.server.mailbox;

import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import zap.protocol.Reason;

/**
 * A write that is always refused. It goes through the writer all the same, so that its refusal keeps its place in the
 * order of its session's frames.
 *
 * @param reason the reason of the refusal
 * @param outcome receives the reason, on the writer's thread; must not block
 */
public record RefusedWrite(Reason reason, Consumer<@Nullable Reason> outcome) implements Write {

    @Override
    public void touch(LongConsumer clients) {
        // It concerns no client.
    }

    @Override
    public @Nullable Reason apply(Batch batch) {
        return reason;
    }

    @Override
    public void settled(@Nullable Reason refusal) {
        outcome.accept(refusal);
    }
}
