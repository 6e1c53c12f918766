package zap.server.gateway.session;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.protocol.Nonce;
import zap.protocol.Position;
import zap.protocol.Reason;
import zap.protocol.SignatureBytes;
import zap.protocol.StreamId;
import zap.server.gateway.settings.Framing;
import zap.server.gateway.settings.GatewayProperties;
import zap.server.identity.Credentials;
import zap.server.identity.Identities;
import zap.server.identity.KeyedRegistration;
import zap.server.identity.Proofs;
import zap.server.mailbox.Mailbox;
import zap.server.mailbox.MailboxCursor;
import zap.server.mailbox.MailboxItem;
import zap.server.mailbox.StreamState;

/**
 * The identification of a session: 01 and 03 in the base protocol, 30 to 34 in the assured one.
 *
 * <p>The connection's thread waits here, because the frames that follow depend on the answer. Only a session that may
 * be the client replaces an older session of that client.
 */
@Component
class Handshake {

    /** The version of the assured protocol that this server speaks. */
    private static final int VERSION = 2;

    /** Number of ids that are tried, in case the first ones are taken. */
    private static final int REGISTRATION_ATTEMPTS = 3;

    /** Longest time that a session waits for the sessions it replaces to finish their current write. */
    private static final Duration TAKE_OVER = Duration.ofSeconds(5);

    private static final Duration PAUSE_AFTER_FAILED_READ = Duration.ofSeconds(1);

    private final Identities identities;
    private final Mailbox mailbox;
    private final Proofs proofs;
    private final Sessions sessions;
    private final Registrations registrations;
    private final GatewayProperties properties;

    Handshake(
            Identities identities,
            Mailbox mailbox,
            Proofs proofs,
            Sessions sessions,
            Registrations registrations,
            GatewayProperties properties) {
        this.identities = identities;
        this.mailbox = mailbox;
        this.proofs = proofs;
        this.sessions = sessions;
        this.registrations = registrations;
        this.properties = properties;
    }

    /** Registers a new client without a key (01). The session is that client from then on. */
    void register(Session session) throws InterruptedException {
        if (!mayRegister(session)) {
            return;
        }
        for (int attempt = 0; attempt < REGISTRATION_ATTEMPTS; attempt++) {
            if (registered(session, (KeyedRegistration) null)) {
                return;
            }
        }
        session.failed(new IllegalStateException("No new id could be registered"));
    }

    /**
     * Connects a client without a key (03). In the base protocol knowing the id is enough, unless the client has a key.
     */
    void connect(Session session, ClientId id) throws InterruptedException {
        long receivedAtNanos = System.nanoTime();
        long sentAtNanos = session.sentAtNanos();
        switch (credentials(session, id)) {
            case Credentials.Unknown() -> refuse(session, receivedAtNanos, CloseReason.UNKNOWN_CLIENT);
            case Credentials.Blocked() -> refuse(session, receivedAtNanos, CloseReason.BLOCKED);
            case Credentials.Keyed(var key) -> refuse(session, receivedAtNanos, CloseReason.NEEDS_PROOF);
            case Credentials.Keyless() -> {
                var done = new CompletableFuture<Boolean>();
                boolean asked = takeOver(session, id, sentAtNanos, () -> {
                    identities.lookUp(id, cursor -> done.complete(cursor != null && connected(session, id, cursor)));
                });
                if (asked && !await(done)) {
                    sessions.release(id, session);
                    session.close(CloseReason.UNKNOWN_CLIENT);
                }
            }
        }
    }

    /**
     * Replies to an 03, where that is configured. The base protocol has no reply, but some programs of the recv
     * listener wait for an 04.
     */
    void answerConnect(Session session, ClientId id) {
        if (session.framing() == Framing.RECV && properties.recvAnswerConnect()) {
            session.outbox().reply(new Frame.Connected(id));
        }
    }

    /** Begins the assured protocol (30). */
    void hello(Session session, Frame.Hello hello) {
        if (hello.version() != VERSION) {
            session.close(CloseReason.MALFORMED);
            return;
        }
        Nonce nonce = proofs.newNonce();
        session.become(new SessionState.Greeted(nonce));
        session.outbox().reply(new Frame.Welcome(VERSION, nonce));
    }

    /** Registers a new client with a key (32). A client whose 02 was lost gets its id again. */
    void registerKey(Session session, Nonce nonce, Frame.RegisterKey frame) throws InterruptedException {
        long receivedAtNanos = System.nanoTime();
        long sentAtNanos = session.sentAtNanos();
        if (!proofs.isValid(nonce, frame)) {
            session.close(CloseReason.BAD_PROOF);
            return;
        }
        for (int attempt = 0; attempt < REGISTRATION_ATTEMPTS; attempt++) {
            Optional<ClientId> known = read(session, () -> identities.withKey(frame.key()), Optional.empty());
            if (known.isPresent()) {
                registerAgain(session, known.get(), frame.stream(), receivedAtNanos, sentAtNanos);
                return;
            }
            if (attempt == 0 && !mayRegister(session)) {
                return;
            }
            if (registered(session, new KeyedRegistration(frame.key(), frame.stream()))) {
                return;
            }
        }
        session.failed(new IllegalStateException("No new id could be registered"));
    }

    private void registerAgain(Session session, ClientId id, StreamId stream, long receivedAtNanos, long sentAtNanos)
            throws InterruptedException {
        if (credentials(session, id) instanceof Credentials.Blocked) {
            session.blocked(id);
            refuse(session, receivedAtNanos, CloseReason.BAD_PROOF);
            return;
        }
        var claim = new Frame.Resume(id, stream, 0, new Position(0), HistoryDigest.EMPTY, SignatureBytes.NONE);
        resumeAt(session, claim, sentAtNanos, () -> session.outbox().reply(new Frame.Registered(id)));
    }

    /** Resumes a client that proves its identity (33). */
    void resume(Session session, Nonce nonce, Frame.Resume frame) throws InterruptedException {
        long receivedAtNanos = System.nanoTime();
        long sentAtNanos = session.sentAtNanos();
        Credentials credentials = credentials(session, frame.id());
        if (credentials instanceof Credentials.Blocked) {
            // The peer gets the same answer as if there were no such client.
            session.blocked(frame.id());
        }
        if (!proofs.isValid(nonce, frame, credentials)) {
            refuse(session, receivedAtNanos, CloseReason.BAD_PROOF);
            return;
        }
        resumeAt(session, frame, sentAtNanos, () -> {});
    }

    /**
     * Takes the client over, waits for the cursors of its mail and its stream, and sends them (34).
     *
     * @param sentAtNanos when the peer sent its claim
     * @param first runs before that, once the client is this session's
     */
    private void resumeAt(Session session, Frame.Resume claim, long sentAtNanos, Runnable first)
            throws InterruptedException {
        var begun = new CompletableFuture<Optional<MailboxCursor>>();
        boolean asked = takeOver(session, claim.id(), sentAtNanos, () -> {
            first.run();
            identities.resume(claim, new Resumption(session, claim, begun));
        });
        if (!asked) {
            return;
        }
        Optional<MailboxCursor> ahead = await(begun);
        if (ahead.isPresent()) {
            MailboxCursor cursor = ahead.get();
            boolean same = claim.digest().equals(digestAt(session, claim, cursor));
            var compared = new CompletableFuture<Optional<MailboxCursor>>();
            identities.resumeCompared(claim, cursor, same, new Resumption(session, claim, compared));
            await(compared);
        }
    }

    /** The answer to a resumption. Its methods run on the writer's thread. */
    private final class Resumption implements Identities.ResumeListener {

        private final Session session;
        private final Frame.Resume claim;
        /**
         * Present when the client claims mail that it has not confirmed: then its history must be compared with the
         * mailbox. Empty when the session has resumed or was closed.
         */
        private final CompletableFuture<Optional<MailboxCursor>> ahead;

        Resumption(Session session, Frame.Resume claim, CompletableFuture<Optional<MailboxCursor>> ahead) {
            this.session = session;
            this.claim = claim;
            this.ahead = ahead;
        }

        @Override
        public void resumed(MailboxCursor cursor, StreamState stream, List<Frame.Refused> refusals) {
            ClientId id = claim.id();
            if (!holds(session, id)) {
                ahead.complete(Optional.empty());
                return;
            }
            session.become(new SessionState.Assured(id, new PeerStream(stream, cursor.session())));
            session.outbox().resumed(stream, cursor, refusals);
            session.outbox().open(id, cursor, true);
            closeIfBlocked(session, id);
            releaseIfClosed(session, id);
            ahead.complete(Optional.empty());
        }

        @Override
        public void ahead(MailboxCursor cursor) {
            ahead.complete(Optional.of(cursor));
        }

        @Override
        public void refused(Reason reason) {
            sessions.release(claim.id(), session);
            session.close(reason == Reason.REPLACED ? CloseReason.REPLACED : CloseReason.BAD_PROOF);
            ahead.complete(Optional.empty());
        }
    }

    /**
     * Returns the digest of the client's mailbox at the position that the client claims, which is beyond the last
     * confirmed one.
     *
     * @return null when the session was closed meanwhile
     */
    private @Nullable HistoryDigest digestAt(Session session, Frame.Resume claim, MailboxCursor cursor)
            throws InterruptedException {
        long position = cursor.given();
        HistoryDigest digest = cursor.digest();
        while (!session.isClosed()) {
            long after = position;
            List<MailboxItem> page = read(session, () -> mailbox.page(claim.id(), after), List.of());
            if (!session.isClosed() && (page.isEmpty() || page.getFirst().position() != after + 1)) {
                throw new IllegalStateException(
                        "The log of client " + claim.id() + " has a gap after position " + after);
            }
            for (MailboxItem mail : page) {
                position = mail.position();
                digest = digest.after(mail.frame());
                if (position == claim.position().value()) {
                    return digest;
                }
            }
        }
        return null;
    }

    /**
     * Closes the session after a delay that is the same for all reasons, so that the time does not tell whether the id
     * exists.
     */
    private void refuse(Session session, long receivedAtNanos, CloseReason reason) throws InterruptedException {
        // No other peer waits for this thread.
        Thread.sleep(properties.refusalDelay().minusNanos(System.nanoTime() - receivedAtNanos));
        session.close(reason);
    }

    private boolean mayRegister(Session session) {
        boolean may = registrations.tryAcquire(session.origin(), System.nanoTime());
        if (!may) {
            session.close(CloseReason.TOO_MANY_REGISTRATIONS);
        }
        return may;
    }

    /**
     * Tries to register a new client for the session.
     *
     * @return false when the id or the key was taken
     */
    private boolean registered(Session session, @Nullable KeyedRegistration keyed) throws InterruptedException {
        var done = new CompletableFuture<Boolean>();
        identities.register(keyed, id -> done.complete(id != null && registered(session, id, keyed)));
        return await(done);
    }

    /**
     * Starts the session of a new client. Runs on the writer's thread, before any other client can have written to the
     * new one.
     */
    private boolean registered(Session session, ClientId id, @Nullable KeyedRegistration keyed) {
        @Nullable StreamState stream = keyed == null ? null : StreamState.fresh(keyed.stream());
        session.become(
                stream == null
                        ? new SessionState.Base(id)
                        : new SessionState.Assured(id, new PeerStream(stream, MailboxCursor.NEW.session())));
        sessions.claim(id, session, System.nanoTime());
        sessions.hold(id, session);
        session.outbox().reply(new Frame.Registered(id));
        if (stream != null) {
            session.outbox().resumed(stream, MailboxCursor.NEW, List.of());
        }
        session.outbox().open(id, MailboxCursor.NEW, keyed != null);
        releaseIfClosed(session, id);
        return true;
    }

    /**
     * Starts the session of a known client. Runs on the writer's thread: all mail up to the cursor's tail is in the
     * mailbox, and the session is notified of all mail after it.
     */
    private boolean connected(Session session, ClientId id, MailboxCursor cursor) {
        if (!holds(session, id)) {
            return true;
        }
        session.become(new SessionState.Base(id));
        answerConnect(session, id);
        session.outbox().open(id, cursor, false);
        closeIfBlocked(session, id);
        releaseIfClosed(session, id);
        return true;
    }

    /**
     * Claims the client, waits for its older sessions to end, and submits the question for its cursor. From the claim
     * on, this session is notified of mail for the client; its outbox takes it once it is open.
     *
     * @param sentAtNanos when the peer sent its claim
     * @return false when another session has the client now, and this one was closed
     */
    private boolean takeOver(Session session, ClientId id, long sentAtNanos, ClientSessions.Submission question)
            throws InterruptedException {
        @Nullable List<Session> older = sessions.claim(id, session, sentAtNanos);
        if (older == null) {
            session.close(CloseReason.REPLACED);
            return false;
        }
        for (Session one : older) {
            one.closeReplaced();
        }
        // The writes of the older sessions must be confirmed before the question for the cursor, or they are repeated.
        long until = System.nanoTime() + TAKE_OVER.toNanos();
        for (Session one : older) {
            one.outbox().awaitIdle(Duration.ofNanos(Math.max(0, until - System.nanoTime())));
        }
        boolean asked = sessions.inTurn(id, session, question);
        if (!asked) {
            lost(session, id);
        }
        return asked;
    }

    /**
     * Lets the session hold the client; closes the session when another one has the client now. Runs on the writer's
     * thread.
     *
     * @return whether the session holds the client
     */
    private boolean holds(Session session, ClientId id) {
        boolean holds = sessions.hold(id, session);
        if (!holds) {
            lost(session, id);
        }
        return holds;
    }

    /** Closes the session because another one has the client now. */
    private void lost(Session session, ClientId id) {
        sessions.release(id, session);
        session.close(CloseReason.REPLACED);
    }

    /**
     * Closes the session of a client that was blocked while the session began. The thread that blocks a client closes
     * only the session that it finds. Does not block: another node may have unblocked the client, and that is read on
     * another thread.
     */
    private void closeIfBlocked(Session session, ClientId id) {
        if (identities.isBlockedMeanwhile(id)) {
            Thread.ofVirtual().name("blocked-", session.number()).start(() -> {
                try {
                    if (read(session, () -> identities.isBlocked(id), false)) {
                        session.close(CloseReason.BLOCKED);
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
    }

    /**
     * Releases the client when the session was closed meanwhile. A session that is closed before it is identified does
     * not release it itself.
     */
    private void releaseIfClosed(Session session, ClientId id) {
        if (session.isClosed()) {
            sessions.release(id, session);
        }
    }

    private Credentials credentials(Session session, ClientId id) throws InterruptedException {
        return read(session, () -> identities.credentials(id), new Credentials.Unknown());
    }

    /** A question to the database. */
    private interface Question<T> {
        T ask() throws InterruptedException;
    }

    /**
     * Reads from the database, and repeats that while the database does not respond.
     *
     * @param whenClosed the result when the session was closed meanwhile
     */
    private static <T> T read(Session session, Question<T> question, T whenClosed) throws InterruptedException {
        while (true) {
            try {
                return question.ask();
            } catch (DataAccessException | TransactionException e) {
                session.waits(e);
                if (session.isClosed()) {
                    return whenClosed;
                }
                Thread.sleep(PAUSE_AFTER_FAILED_READ); // the database needs time to come back
            }
        }
    }

    private static <T> T await(CompletableFuture<T> done) throws InterruptedException {
        try {
            return done.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }
}
