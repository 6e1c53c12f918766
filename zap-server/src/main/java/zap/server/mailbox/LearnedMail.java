package zap.server.mailbox;

import java.util.List;
import java.util.function.LongConsumer;

/**
 * Mail that a session has read from the log, and that another node may have stored. The writer's caches take it over:
 * the confirmation that follows needs to read nothing again. It stores nothing.
 */
record LearnedMail(long client, List<MailboxItem> mail) implements Write {

    @Override
    public void touch(LongConsumer clients) {
        // It concerns the caches alone.
    }

    @Override
    public WriteOutcome apply(Batch batch) {
        return WriteOutcome.STORED;
    }

    @Override
    public void settled(WriteOutcome outcome) {
        // Nobody waits for the outcome.
    }
}
