package zap.server.identity;

import java.time.Clock;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import zap.protocol.ClientId;
import zap.protocol.Position;
import zap.protocol.PublicKeyBytes;
import zap.protocol.Reason;
import zap.protocol.StreamId;
import zap.server.mailbox.Batch;
import zap.server.mailbox.Confirmation;
import zap.server.mailbox.Mailbox;
import zap.server.mailbox.Standing;
import zap.server.mailbox.Write;

/** Who is this? Registers clients (01, 32), and looks them up when they come back (03, 33). */
@Service
public class Identities {

    /** How many sessions may ask for credentials at the same time: a storm of them must leave the writer its connection. */
    private static final int MOST_LOOKING_UP = 2;

    private final ClientRepository clients;
    private final Mailbox mailbox;
    private final IdSource ids;
    private final Clock clock;
    private final Semaphore lookUps = new Semaphore(MOST_LOOKING_UP, true);

    /** Those that were blocked since the start: somebody who is just coming in has been looked up before. */
    private final Set<Long> blockedNow = ConcurrentHashMap.newKeySet();

    Identities(ClientRepository clients, Mailbox mailbox, IdSource ids, Clock clock) {
        this.clients = clients;
        this.mailbox = mailbox;
        this.ids = ids;
        this.clock = clock;
    }

    /**
     * What somebody who says to be this client has to show.
     *
     * @throws org.springframework.dao.DataAccessException when the database does not answer
     */
    public Credentials credentials(ClientId client) throws InterruptedException {
        lookUps.acquire();
        try {
            @Nullable Client known = clients.findById(client.value()).orElse(null);
            if (known == null) {
                return new Credentials.Unknown();
            }
            if (known.blockedAt() != null) {
                return new Credentials.Blocked();
            }
            @Nullable PublicKeyBytes key = known.publicKey();
            return key == null ? new Credentials.Keyless() : new Credentials.Keyed(key);
        } finally {
            lookUps.release();
        }
    }

    /**
     * Makes a new identity.
     *
     * @param key what its owner will prove itself with; null for an identity that knowing its id is enough for
     * @param registered told on the writer's thread, when the new client is durable, or with null when somebody was given the
     *     same id in the same moment; must not block
     */
    public void register(@Nullable PublicKeyBytes key, Consumer<@Nullable ClientId> registered)
            throws InterruptedException {
        mailbox.submit(new Registration(key, registered));
    }

    /**
     * Looks up where a client's mail goes on, after everything that was submitted before.
     *
     * @param found told on the writer's thread; null when there is no such client; must not block
     */
    public void lookUp(ClientId client, Consumer<@Nullable Standing> found) throws InterruptedException {
        mailbox.submit(new LookUp(client, found));
    }

    /**
     * What is known of a client; empty when there is no such client.
     *
     * @throws org.springframework.dao.DataAccessException when the database does not answer
     */
    public Optional<Registered> find(ClientId client) {
        return clients.findById(client.value())
                .map(found -> new Registered(
                        found.registeredAt(), found.publicKey() != null, found.lastUsed(), found.blockedAt()));
    }

    /**
     * From now on nobody may connect as this client. A session that it has goes on: that is the caller's to end, afterwards.
     *
     * @return false when there is no such client
     */
    public boolean block(ClientId client) {
        boolean known = clients.block(client.value()) > 0;
        if (known) {
            blockedNow.add(client.value());
        }
        return known;
    }

    /**
     * The client may connect again.
     *
     * @return false when there is no such client
     */
    public boolean unblock(ClientId client) {
        boolean known = clients.unblock(client.value()) > 0;
        blockedNow.remove(client.value());
        return known;
    }

    /** Whether the client was blocked after its credentials were asked for, perhaps. */
    public boolean isBlockedMeanwhile(ClientId client) {
        return blockedNow.contains(client.value());
    }

    /** How many clients there are. */
    public long count() {
        return clients.count();
    }

    /** How many of them may not connect. */
    public long countBlocked() {
        return clients.countByBlockedAtIsNotNull();
    }

    /**
     * Deletes the client, in the transaction that is open. Its id is nobody's from then on, and is never given to somebody else.
     *
     * @see Batch#remove
     */
    public void forget(ClientId client) {
        clients.forget(client.value());
        blockedNow.remove(client.value());
    }

    /** Whether the id belonged to a client that was forgotten. */
    public boolean isForgotten(ClientId client) {
        return clients.isForgotten(client.value());
    }

    /**
     * Some clients without waiting mail that had no session on that day or later.
     *
     * @param after only those with a greater id
     * @param most how many at most, in ascending order
     */
    public List<ClientId> unusedSince(LocalDate day, long after, int most) {
        return clients.abandonedSince(day, after, most).stream()
                .map(ClientId::new)
                .toList();
    }

    /** Whether the client had a session on that day or later, as far as it has been noted. */
    public boolean isUsedSince(ClientId client, LocalDate day) {
        @Nullable LocalDate last = clients.lastUsed(client.value());
        return last != null && !last.isBefore(day);
    }

    /** Told where an assured session goes on; on the writer's thread, must not block. */
    public interface Resumed {
        /**
         * The session goes on.
         *
         * @param accepted how many frames of the stream have been dealt with
         * @param standing where its mail goes on
         */
        void at(long accepted, Standing standing);

        /** There is no such client, or its mailbox ends before the position. */
        void impossible(Reason reason);
    }

    /**
     * Lets a client go on in an assured session (33), after everything that was submitted before.
     *
     * @param stream which of its stores it sends from
     * @param position up to which it has its mail on its own disk: that is confirmed
     */
    public void resume(ClientId client, StreamId stream, Position position, Resumed resumed)
            throws InterruptedException {
        var confirmation = new Confirmation(client);
        confirmation.raise(position.value());
        mailbox.submit(confirmation);
        mailbox.submit(new Resumption(client, stream, position, resumed));
    }

    private final class Registration implements Write {

        private final @Nullable PublicKeyBytes key;
        private final Consumer<@Nullable ClientId> registered;
        private ClientId candidate = ids.nextClient();

        Registration(@Nullable PublicKeyBytes key, Consumer<@Nullable ClientId> registered) {
            this.key = key;
            this.registered = registered;
        }

        @Override
        public void prepare() {
            candidate = ids.nextClient();
            while (clients.isTaken(candidate.value())) {
                candidate = ids.nextClient();
            }
        }

        @Override
        public boolean needsTransaction() {
            return true;
        }

        @Override
        public void touch(LongConsumer touched) {
            // The row does not exist yet, so there is nothing to lock.
        }

        @Override
        public @Nullable Reason apply(Batch batch) {
            clients.save(new Client(candidate.value(), clock.instant(), key));
            return null;
        }

        @Override
        public void settled(@Nullable Reason refusal) {
            registered.accept(refusal == null ? candidate : null);
        }
    }

    private static final class LookUp implements Write {

        private final ClientId client;
        private final Consumer<@Nullable Standing> found;
        private @Nullable Batch batch;

        LookUp(ClientId client, Consumer<@Nullable Standing> found) {
            this.client = client;
            this.found = found;
        }

        @Override
        public boolean needsTransaction() {
            return true;
        }

        @Override
        public void touch(LongConsumer touched) {
            touched.accept(client.value());
        }

        @Override
        public @Nullable Reason apply(Batch batch) {
            this.batch = batch;
            return batch.knows(client) ? null : Reason.UNKNOWN_CLIENT;
        }

        @Override
        public void settled(@Nullable Reason refusal) {
            found.accept(refusal == null && batch != null ? batch.standing(client) : null);
        }
    }

    private static final class Resumption implements Write {

        private final ClientId client;
        private final StreamId stream;
        private final Position position;
        private final Resumed resumed;
        private @Nullable Batch batch;
        private long accepted;

        Resumption(ClientId client, StreamId stream, Position position, Resumed resumed) {
            this.client = client;
            this.stream = stream;
            this.position = position;
            this.resumed = resumed;
        }

        @Override
        public boolean needsTransaction() {
            return true;
        }

        @Override
        public void touch(LongConsumer touched) {
            touched.accept(client.value());
        }

        @Override
        public @Nullable Reason apply(Batch current) {
            if (!current.knows(client)) {
                return Reason.UNKNOWN_CLIENT;
            }
            if (position.value() > current.tail(client)) {
                return Reason.MALFORMED;
            }
            batch = current;
            accepted = current.resume(client, stream);
            return null;
        }

        @Override
        public void settled(@Nullable Reason refusal) {
            if (refusal == null && batch != null) {
                resumed.at(accepted, batch.standing(client));
            } else {
                resumed.impossible(refusal == null ? Reason.MALFORMED : refusal);
            }
        }
    }
}
