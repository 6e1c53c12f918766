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
import zap.server.mailbox.WriteOutcome;

/** Registers clients (01, 32), and looks them up when they come back (03, 33). */
@Service
public class Identities {

    /**
     * Maximum number of sessions that look up credentials at the same time. Many sessions at once must not take the
     * writer's database connection.
     */
    private static final int MAX_LOOKUPS = 2;

    private final ClientRepository clients;
    private final Mailbox mailbox;
    private final IdSource ids;
    private final Clock clock;
    private final Semaphore lookUps = new Semaphore(MAX_LOOKUPS, true);

    /**
     * The clients blocked since the start. They are checked once more, because a session may have looked up its
     * credentials before the block.
     */
    private final Set<Long> blockedNow = ConcurrentHashMap.newKeySet();

    Identities(ClientRepository clients, Mailbox mailbox, IdSource ids, Clock clock) {
        this.clients = clients;
        this.mailbox = mailbox;
        this.ids = ids;
        this.clock = clock;
    }

    /**
     * Returns the proof that a peer must present to connect as this client.
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
     * @param keyed the key that proves the identity, and the client's stream; null for an identity without a key, for
     *     which the id is enough
     * @param registered receives the new client when it is durable, on the writer's thread; must not block. Receives
     *     null when another client got the same id, or registered with the same key, at the same moment
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
     * Looks up the cursors of a client's mailbox, after all writes that were submitted before.
     *
     * @param found receives the cursors on the writer's thread, or null when the client does not exist; must not block
     */
    public void lookUp(ClientId client, Consumer<@Nullable MailboxCursor> found) throws InterruptedException {
        mailbox.submit(new LookUp(client, found));
    }

    /**
     * Returns a client's registration; empty when the client does not exist.
     *
     * @throws org.springframework.dao.DataAccessException when the database does not answer
     */
    public Optional<KnownClient> find(ClientId client) {
        return clients.findById(client.value())
                .map(found -> new KnownClient(
                        found.registeredAt(), found.publicKey() != null, found.lastUsed(), found.blockedAt()));
    }

    /**
     * Blocks a client: from now on no peer may connect as this client. An open session goes on; the caller must close
     * it afterwards.
     *
     * @return false when the client does not exist
     */
    public boolean block(ClientId client) {
        boolean known = clients.block(client.value()) > 0;
        if (known) {
            blockedNow.add(client.value());
        }
        return known;
    }

    /**
     * Lets a client connect again.
     *
     * @return false when the client does not exist
     */
    public boolean unblock(ClientId client) {
        boolean known = clients.unblock(client.value()) > 0;
        blockedNow.remove(client.value());
        return known;
    }

    /** Notes that another node has blocked a client. */
    public void blockedElsewhere(ClientId client) {
        blockedNow.add(client.value());
    }

    /**
     * Returns whether the client may have been blocked after its credentials were looked up. It may have been unblocked
     * on another node since.
     */
    public boolean isBlockedMeanwhile(ClientId client) {
        return blockedNow.contains(client.value());
    }

    /**
     * Returns whether the client is blocked.
     *
     * @throws org.springframework.dao.DataAccessException when the database does not answer
     */
    public boolean isBlocked(ClientId client) {
        return find(client).map(KnownClient::blockedAt).isPresent();
    }

    /** Returns the number of clients. */
    public long count() {
        return clients.count();
    }

    /** Returns the number of blocked clients. */
    public long countBlocked() {
        return clients.countByBlockedAtIsNotNull();
    }

    /**
     * Deletes the client, in the open transaction. Its id is never given out again.
     *
     * @see Batch#remove
     */
    public void forget(ClientId client) {
        clients.forget(client.value());
        blockedNow.remove(client.value());
    }

    /** Returns whether the id belonged to a forgotten client. */
    public boolean isForgotten(ClientId client) {
        return clients.isForgotten(client.value());
    }

    /**
     * Returns some clients without waiting mail that had no session on that day or later.
     *
     * @param after only clients with a greater id
     * @param limit maximum number of clients, in ascending order
     */
    public List<ClientId> unusedSince(LocalDate day, long after, int limit) {
        return clients.abandonedSince(day, after, limit).stream()
                .map(ClientId::new)
                .toList();
    }

    /** Returns whether the client had a session on that day or later, as far as it has been noted. */
    public boolean isUsedSince(ClientId client, LocalDate day) {
        @Nullable LocalDate last = clients.lastUsed(client.value());
        return last != null && !last.isBefore(day);
    }

    /** The listener for the start of an assured session. Called on the writer's thread; must not block. */
    public interface ResumeListener {
        /**
         * Reports that the session goes on.
         *
         * @param cursor the cursors of its mailbox
         * @param stream the state of its stream
         * @param refusals the refusals of its stream that the client does not know yet
         */
        void resumed(MailboxCursor cursor, StreamState stream, List<Frame.Refused> refusals);

        /**
         * Reports that the session has begun and cannot go on yet: the client claims to have mail that it has not
         * confirmed. The caller compares the log with the client's digest, and calls {@link Identities#resumeCompared}.
         */
        void ahead(MailboxCursor cursor);

        /** Reports that the client does not exist, or has a newer session. */
        void refused(Reason reason);
    }

    /**
     * Resumes a client's assured session (33), after all writes that were submitted before. Writes of its earlier
     * sessions have no effect from then on.
     *
     * @param claim the client's own position, stream and digests
     */
    public void resume(Frame.Resume claim, ResumeListener listener) throws InterruptedException {
        mailbox.submit(new Resumption(claim, null, listener));
    }

    /**
     * Resumes a session after {@link ResumeListener#ahead}.
     *
     * @param begun the cursors of the client's mailbox then
     * @param isSameHistory whether the log has the client's digest at the client's position: then everything up to
     *     there is confirmed
     */
    public void resumeCompared(Frame.Resume claim, MailboxCursor begun, boolean isSameHistory, ResumeListener listener)
            throws InterruptedException {
        if (isSameHistory) {
            var confirmation = new ConfirmWrite(claim.id(), begun.session());
            confirmation.raise(claim.position().value(), claim.digest());
            mailbox.submit(confirmation);
        }
        mailbox.submit(new Resumption(claim, begun.session(), listener));
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
        public WriteOutcome apply(Batch batch) {
            keyIsTaken = keyed != null && clients.idWithKey(keyed.key().bytes()) != null;
            if (!keyIsTaken) {
                clients.save(new Client(candidate.value(), clock.instant(), batch.node(), keyed));
            }
            return WriteOutcome.STORED;
        }

        @Override
        public void settled(WriteOutcome outcome) {
            registered.accept(outcome instanceof WriteOutcome.Stored && !keyIsTaken ? candidate : null);
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
        public WriteOutcome apply(Batch batch) {
            this.batch = batch;
            if (!batch.knows(client)) {
                return WriteOutcome.refused(Reason.UNKNOWN_CLIENT);
            }
            batch.beginSession(client);
            return WriteOutcome.STORED;
        }

        @Override
        public void settled(WriteOutcome outcome) {
            found.accept(outcome instanceof WriteOutcome.Stored && batch != null ? batch.cursorOf(client) : null);
        }
    }

    private static final class Resumption implements Write {

        private final Frame.Resume claim;
        private final ClientId client;
        private final @Nullable Long begun;
        private final ResumeListener listener;
        private @Nullable Batch batch;
        private @Nullable MailboxCursor ahead;
        private @Nullable StreamState stream;
        private List<Frame.Refused> refusals = List.of();

        /**
         * @param begun the number of the session, if it has begun and the histories have been compared; otherwise null
         */
        Resumption(Frame.Resume claim, @Nullable Long begun, ResumeListener listener) {
            this.claim = claim;
            this.client = claim.id();
            this.begun = begun;
            this.listener = listener;
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
        public WriteOutcome apply(Batch current) {
            batch = null;
            ahead = null;
            if (!current.knows(client)) {
                return WriteOutcome.refused(Reason.UNKNOWN_CLIENT);
            }
            if (begun == null) {
                current.beginSession(client);
                MailboxCursor now = current.cursorSoFar(client);
                long position = claim.position().value();
                if (position > now.given() && position <= now.tail()) {
                    ahead = now;
                    return WriteOutcome.STORED;
                }
            } else if (!current.isSession(client, begun)) {
                return WriteOutcome.refused(Reason.REPLACED);
            }
            batch = current;
            stream = current.resume(client, claim.stream(), claim.accepted());
            refusals = current.refusalsAfter(client, claim.accepted());
            return WriteOutcome.STORED;
        }

        @Override
        public void settled(WriteOutcome outcome) {
            if (ahead != null) {
                listener.ahead(ahead);
            } else if (outcome instanceof WriteOutcome.Refused(Reason reason)) {
                listener.refused(reason);
            } else if (batch != null && stream != null) {
                listener.resumed(batch.cursorOf(client), stream, refusals);
            } else {
                listener.refused(Reason.MALFORMED);
            }
        }
    }
}
