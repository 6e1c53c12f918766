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
import zap.protocol.Frame;
import zap.protocol.PublicKeyBytes;
import zap.protocol.Reason;
import zap.server.mailbox.Batch;
import zap.server.mailbox.ConfirmWrite;
import zap.server.mailbox.Mailbox;
import zap.server.mailbox.MailboxCursor;
import zap.server.mailbox.StreamState;
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
     * @param keyed the key that its owner will prove itself with, and its stream; null for an identity that knowing its id is
     *     enough for
     * @param registered told on the writer's thread, when the new client is durable, or with null when another client was given
     *     the same id, or has registered with the same key, in the same moment; must not block
     */
    public void register(@Nullable KeyedRegistration keyed, Consumer<@Nullable ClientId> registered)
            throws InterruptedException {
        mailbox.submit(new Registration(keyed, registered));
    }

    /**
     * Returns the client that has registered with this key; empty when none has.
     *
     * @throws org.springframework.dao.DataAccessException when the database does not answer
     */
    public Optional<ClientId> withKey(PublicKeyBytes key) throws InterruptedException {
        lookUps.acquire();
        try {
            return Optional.ofNullable(clients.idWithKey(key.bytes())).map(ClientId::new);
        } finally {
            lookUps.release();
        }
    }

    /**
     * Looks up where a client's mail goes on, after everything that was submitted before.
     *
     * @param found told on the writer's thread; null when there is no such client; must not block
     */
    public void lookUp(ClientId client, Consumer<@Nullable MailboxCursor> found) throws InterruptedException {
        mailbox.submit(new LookUp(client, found));
    }

    /**
     * What is known of a client; empty when there is no such client.
     *
     * @throws org.springframework.dao.DataAccessException when the database does not answer
     */
    public Optional<KnownClient> find(ClientId client) {
        return clients.findById(client.value())
                .map(found -> new KnownClient(
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
         * @param standing where its mail goes on
         * @param stream how far its stream has come
         * @param refusals of its stream, which the client does not know yet
         */
        void at(MailboxCursor standing, StreamState stream, List<Frame.Refused> refusals);

        /**
         * The session has begun, and cannot go on yet: the client claims to have mail that it has not confirmed. The caller
         * compares the log with the client's digest, and calls {@link Identities#resumeCompared}.
         */
        void ahead(MailboxCursor standing);

        /** There is no such client, or it has a newer session. */
        void impossible(Reason reason);
    }

    /**
     * Lets a client go on in an assured session (33), after everything that was submitted before. Nothing of an earlier session
     * of the client counts from then on.
     *
     * @param claim what the client says of itself
     */
    public void resume(Frame.Resume claim, Resumed resumed) throws InterruptedException {
        mailbox.submit(new Resumption(claim, null, resumed));
    }

    /**
     * The same, after {@link Resumed#ahead}.
     *
     * @param begun where the client stood
     * @param isSameHistory whether the log has the client's digest at the client's position: then everything up to there is
     *     confirmed
     */
    public void resumeCompared(Frame.Resume claim, MailboxCursor begun, boolean isSameHistory, Resumed resumed)
            throws InterruptedException {
        if (isSameHistory) {
            var confirmation = new ConfirmWrite(claim.id(), begun.session());
            confirmation.raise(claim.position().value(), claim.digest());
            mailbox.submit(confirmation);
        }
        mailbox.submit(new Resumption(claim, begun.session(), resumed));
    }

    private final class Registration implements Write {

        private final @Nullable KeyedRegistration keyed;
        private final Consumer<@Nullable ClientId> registered;
        private ClientId candidate = ids.nextClient();
        private boolean keyIsTaken;

        Registration(@Nullable KeyedRegistration keyed, Consumer<@Nullable ClientId> registered) {
            this.keyed = keyed;
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
            keyIsTaken = keyed != null && clients.idWithKey(keyed.key().bytes()) != null;
            if (!keyIsTaken) {
                clients.save(new Client(candidate.value(), clock.instant(), keyed));
            }
            return null;
        }

        @Override
        public void settled(@Nullable Reason refusal) {
            registered.accept(refusal == null && !keyIsTaken ? candidate : null);
        }
    }

    private static final class LookUp implements Write {

        private final ClientId client;
        private final Consumer<@Nullable MailboxCursor> found;
        private @Nullable Batch batch;

        LookUp(ClientId client, Consumer<@Nullable MailboxCursor> found) {
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
            if (!batch.knows(client)) {
                return Reason.UNKNOWN_CLIENT;
            }
            batch.beginSession(client);
            return null;
        }

        @Override
        public void settled(@Nullable Reason refusal) {
            found.accept(refusal == null && batch != null ? batch.standing(client) : null);
        }
    }

    private static final class Resumption implements Write {

        private final Frame.Resume claim;
        private final ClientId client;
        private final @Nullable Long begun;
        private final Resumed resumed;
        private @Nullable Batch batch;
        private @Nullable MailboxCursor ahead;
        private @Nullable StreamState stream;
        private List<Frame.Refused> refusals = List.of();

        /** @param begun the number of the session, when it has begun and the histories have been compared */
        Resumption(Frame.Resume claim, @Nullable Long begun, Resumed resumed) {
            this.claim = claim;
            this.client = claim.id();
            this.begun = begun;
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
            batch = null;
            ahead = null;
            if (!current.knows(client)) {
                return Reason.UNKNOWN_CLIENT;
            }
            if (begun == null) {
                current.beginSession(client);
                MailboxCursor now = current.standingSoFar(client);
                long position = claim.position().value();
                if (position > now.given() && position <= now.tail()) {
                    ahead = now;
                    return null;
                }
            } else if (!current.isSession(client, begun)) {
                return Reason.REPLACED;
            }
            batch = current;
            stream = current.resume(client, claim.stream(), claim.accepted());
            refusals = current.refusalsAfter(client, claim.accepted());
            return null;
        }

        @Override
        public void settled(@Nullable Reason refusal) {
            if (ahead != null) {
                resumed.ahead(ahead);
            } else if (refusal == null && batch != null && stream != null) {
                resumed.at(batch.standing(client), stream, refusals);
            } else {
                resumed.impossible(refusal == null ? Reason.MALFORMED : refusal);
            }
        }
    }
}
