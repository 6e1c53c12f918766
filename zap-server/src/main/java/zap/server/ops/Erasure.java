package zap.server.ops;

import java.time.LocalDate;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import zap.protocol.ClientId;
import zap.protocol.Reason;
import zap.server.gateway.Gateway;
import zap.server.group.Groups;
import zap.server.identity.Identities;
import zap.server.mailbox.Batch;
import zap.server.mailbox.Mailbox;
import zap.server.mailbox.Write;

/**
 * Forgets a client: its registration and key, its seats in groups, and everything that waits for it. Only its number is kept, so that it is
 * never given to somebody else.
 *
 * <p>What it has sent to others is theirs, and they get it. In the order of all writes, so that nothing is stored for it any more once it is done.
 */
@Component
class Erasure {

    private static final Logger log = LoggerFactory.getLogger(Erasure.class);

    /** What became of it. */
    enum Outcome {
        FORGOTTEN,
        /** There is no such client. */
        UNKNOWN,
        /** It was to be forgotten for not being used, and is. */
        IN_USE
    }

    private final Identities identities;
    private final Groups groups;
    private final Mailbox mailbox;
    private final Gateway gateway;

    Erasure(Identities identities, Groups groups, Mailbox mailbox, Gateway gateway) {
        this.identities = identities;
        this.groups = groups;
        this.mailbox = mailbox;
        this.gateway = gateway;
    }

    /** Forgets a client, whatever waits for it, and returns when that is done; while the database is away, it waits. */
    Outcome forget(ClientId client) throws InterruptedException {
        Outcome outcome = submit(new Deletion(client, null));
        if (outcome == Outcome.FORGOTTEN) {
            mailbox.clearForgotten();
        }
        return outcome;
    }

    /**
     * The same, unless it has had a session since that day, or mail waits for it. There may be many of them: what is left in their mailboxes is deleted
     * with the next round of forgetting, for all of them at once.
     */
    Outcome forgetIfUnusedSince(ClientId client, LocalDate day) throws InterruptedException {
        return gateway.sessionOf(client).isPresent() ? Outcome.IN_USE : submit(new Deletion(client, day));
    }

    private Outcome submit(Deletion deletion) throws InterruptedException {
        mailbox.submit(deletion);
        try {
            Outcome outcome = deletion.outcome.get();
            if (outcome == Outcome.FORGOTTEN) {
                gateway.disconnectForgotten(deletion.client);
                log.info("Client {} was forgotten", deletion.client);
            }
            return outcome;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private final class Deletion implements Write {

        private final ClientId client;
        private final @Nullable LocalDate unusedSince;
        private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        private boolean inUse;

        Deletion(ClientId client, @Nullable LocalDate unusedSince) {
            this.client = client;
            this.unusedSince = unusedSince;
        }

        @Override
        public boolean needsTransaction() {
            return true;
        }

        @Override
        public void touch(LongConsumer clients) {
            clients.accept(client.value());
        }

        @Override
        public @Nullable Reason apply(Batch batch) {
            if (!batch.knows(client)) {
                return Reason.UNKNOWN_CLIENT;
            }
            inUse = unusedSince != null && (batch.waiting(client) > 0 || identities.isUsedSince(client, unusedSince));
            if (!inUse) {
                identities.forget(client);
                groups.forget(client);
                batch.remove(client);
            }
            return null;
        }

        @Override
        public void settled(@Nullable Reason refusal) {
            outcome.complete(refusal != null ? Outcome.UNKNOWN : inUse ? Outcome.IN_USE : Outcome.FORGOTTEN);
        }
    }
}
