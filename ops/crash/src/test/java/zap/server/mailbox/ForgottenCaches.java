package zap.server.mailbox;

import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import zap.protocol.Reason;

/** Makes the writer forget what it remembers of some clients, as a server does that starts on restored data. */
public final class ForgottenCaches implements Write {

    private final long[] clients;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private boolean tried;

    private ForgottenCaches(long... clients) {
        this.clients = clients;
    }

    /** Returns when the writer remembers nothing of these clients but what their rows say now. */
    public static void of(Mailbox mailbox, long... clients) throws InterruptedException {
        var write = new ForgottenCaches(clients);
        mailbox.submit(write);
        write.done.join();
    }

    @Override
    public void touch(LongConsumer touched) {
        Arrays.stream(clients).forEach(touched);
    }

    /**
     * The first time it says that the rows have changed: then the writer drops what it remembers, and reads the rows
     * again.
     */
    @Override
    public @Nullable Reason apply(Batch batch) {
        if (!tried) {
            tried = true;
            throw new MailboxStatements.CountersChangedException();
        }
        return null;
    }

    @Override
    public void settled(@Nullable Reason refusal) {
        done.complete(null);
    }
}
