package zap.server.mailbox;

import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;

/** Makes the writer drop its cached rows of some clients, as a server does that starts on restored data. */
public final class ForgottenCaches implements Write {

    private final long[] clients;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private boolean tried;

    private ForgottenCaches(long... clients) {
        this.clients = clients;
    }

    /** Returns when the writer has dropped its cached rows of these clients and read them again. */
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
     * Reports the first time that the rows have changed: then the writer drops its cached rows, and reads them again.
     */
    @Override
    public WriteOutcome apply(Batch batch) {
        if (!tried) {
            tried = true;
            throw new MailboxStatements.CountersChangedException();
        }
        return WriteOutcome.STORED;
    }

    @Override
    public void settled(WriteOutcome outcome) {
        done.complete(null);
    }
}
