package zap.server.ops;

import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
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
import zap.server.group.DepartureWrite;
import zap.server.group.Groups;
import zap.server.identity.Identities;
import zap.server.mailbox.Batch;
import zap.server.mailbox.Mailbox;
import zap.server.mailbox.Write;
import zap.server.mailbox.WriteOutcome;

/**
 * Forgets a client: its registration and key, its seats in groups, and all its waiting mail. Only its id is kept, so
 * that it is never given out again.
 *
 * <p>The other members of its groups get a new 11 in the same transaction ({@link DepartureWrite}).
 *
 * <p>Messages that it has sent belong to their recipients, who get them. The deletion has its place in the order of all
 * writes, so that no later write stores anything for the client.
 */
@Component
class Erasure {

    private static final Logger log = LoggerFactory.getLogger(Erasure.class);

    /** The outcome of a deletion. */
    enum Outcome {
        FORGOTTEN,
        /** The client does not exist. */
        UNKNOWN,
        /** The client was to be forgotten because it was unused, and it is in use. */
        IN_USE,
        /** Its groups have changed meanwhile. Nothing was done, and it is tried again. */
        CHANGED
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

    /** Forgets a client, even if mail waits for it. Returns when that is done, and waits while the database is down. */
    Outcome forget(ClientId client) throws InterruptedException {
        Outcome outcome = submit(new Deletion(client, null, false));
        if (outcome == Outcome.FORGOTTEN) {
            mailbox.clearForgotten();
        }
        return outcome;
    }

    /**
     * Forgets a client, unless it has had a session since that day or has waiting mail. Many clients may be forgotten
     * at once, so the entries left in their mailboxes are deleted together, in the mailbox's next round of deletions.
     *
     * <p>Unused members of its groups are forgotten with it. A new 11 would be waiting mail for them, and would keep
     * them from ever being forgotten.
     *
     * @return number of forgotten clients
     */
    int forgetIfUnusedSince(ClientId client, LocalDate day) throws InterruptedException {
        if (gateway.sessionOf(client).isPresent()) {
            return 0;
        }
        int forgotten = 0;
        var due = new ArrayDeque<Deletion>();
        due.add(new Deletion(client, day, false));
        @Nullable Deletion next;
        while ((next = due.poll()) != null) {
            if (submit(next) == Outcome.FORGOTTEN) {
                forgotten++;
            }
            next.passedOver.forEach(member -> due.add(new Deletion(member, day, true)));
        }
        return forgotten;
    }

    private Outcome submit(Deletion deletion) throws InterruptedException {
        try {
            Outcome outcome;
            do {
                mailbox.submit(deletion);
                outcome = deletion.done.get();
                deletion.done = new CompletableFuture<>();
            } while (outcome == Outcome.CHANGED);
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
        private final boolean needsAnnouncement;
        private final DepartureWrite departure;
        private volatile CompletableFuture<Outcome> done = new CompletableFuture<>();
        /** The members of its groups that are to be forgotten next, and got no 11. */
        private volatile List<ClientId> passedOver = List.of();

        // Belongs to the writer's thread.
        private Outcome result = Outcome.UNKNOWN;

        /**
         * @param unusedSince the client is kept if it was used on this day or later; null to forget it in any case
         * @param needsAnnouncement whether the client was passed over when other members of its groups were forgotten:
         *     if it turns out to be in use, it is now sent an 11 for each of its groups
         */
        Deletion(ClientId client, @Nullable LocalDate unusedSince, boolean needsAnnouncement) {
            this.client = client;
            this.unusedSince = unusedSince;
            this.needsAnnouncement = needsAnnouncement;
            this.departure = groups.departureOf(client);
        }

        @Override
        public void prepare() {
            departure.prepare();
        }

        @Override
        public boolean needsTransaction() {
            return true;
        }

        @Override
        public void touch(LongConsumer clients) {
            departure.touch(clients);
        }

        @Override
        public WriteOutcome apply(Batch batch) {
            passedOver = List.of();
            if (!batch.knows(client)) {
                result = Outcome.UNKNOWN;
                return WriteOutcome.refused(Reason.UNKNOWN_CLIENT);
            }
            if (unusedSince != null && !isUnused(batch, client, unusedSince)) {
                if (needsAnnouncement) {
                    departure.announceToClient(batch);
                }
                result = Outcome.IN_USE;
                return WriteOutcome.STORED;
            }
            var unused = new LinkedHashSet<ClientId>();
            boolean departed = departure.apply(batch, member -> {
                boolean next = unused.contains(member) || (unusedSince != null && isUnused(batch, member, unusedSince));
                if (next) {
                    unused.add(member);
                }
                return next;
            });
            if (departed) {
                identities.forget(client);
                batch.remove(client);
                passedOver = List.copyOf(unused);
            }
            result = departed ? Outcome.FORGOTTEN : Outcome.CHANGED;
            return WriteOutcome.STORED;
        }

        private boolean isUnused(Batch batch, ClientId member, LocalDate day) {
            return batch.waiting(member) == 0
                    && !identities.isUsedSince(member, day)
                    && gateway.sessionOf(member).isEmpty();
        }

        @Override
        public void settled(WriteOutcome outcome) {
            done.complete(outcome instanceof WriteOutcome.Refused ? Outcome.UNKNOWN : result);
        }
    }
}
