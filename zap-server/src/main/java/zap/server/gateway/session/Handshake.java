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
 * Finds out who a session is: 01 and 03 in the base protocol, 30 to 34 in the assured one.
 *
 * <p>The connection's thread waits here, for what follows depends on the answer. Somebody's older session is replaced only by a session that
 * may be that client.
 */
@Component
class Handshake {

    /** The version of the assured protocol that this server speaks. */
    private static final int VERSION = 2;

    /** How often an id that turned out to be taken is replaced by another. */
    private static final int REGISTRATION_ATTEMPTS = 3;

    /** How long a session waits for those that it replaces to end what they are writing. */
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

    /** 01: somebody new, who is connected from then on. */
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

    /** 03: somebody who says to be this client. In the base protocol knowing the id is enough, unless it has a key. */
    void connect(Session session, ClientId id) throws InterruptedException {
        long came = System.nanoTime();
        long sentAtNanos = session.sentAtNanos();
        switch (credentials(session, id)) {
            case Credentials.Unknown() -> refuse(session, came, CloseReason.UNKNOWN_CLIENT);
            case Credentials.Blocked() -> refuse(session, came, CloseReason.BLOCKED);
            case Credentials.Keyed(var key) -> refuse(session, came, CloseReason.NEEDS_PROOF);
            case Credentials.Keyless() -> {
                var done = new CompletableFuture<Boolean>();
                boolean asked = takeOver(session, id, sentAtNanos, () -> {
                    identities.lookUp(
                            id, standing -> done.complete(standing != null && connected(session, id, standing)));
                });
                if (asked && !await(done)) {
                    sessions.release(id, session);
                    session.close(CloseReason.UNKNOWN_CLIENT);
                }
            }
        }
    }

    /** The base protocol answers 03 with nothing; some programs of the recv listener wait for an 04. */
    void answerConnect(Session session, ClientId id) {
        if (session.framing() == Framing.RECV && properties.recvAnswerConnect()) {
            session.outbox().reply(new Frame.Connected(id));
        }
    }

    /** 30: the peer asks for the assured protocol. */
    void hello(Session session, Frame.Hello hello) {
        if (hello.version() != VERSION) {
            session.close(CloseReason.MALFORMED);
            return;
        }
        Nonce nonce = proofs.newNonce();
        session.become(new SessionState.Greeted(nonce));
        session.outbox().reply(new Frame.Welcome(VERSION, nonce));
    }

    /** 32: a new client with a key; or one whose 02 was lost, which gets its number again. */
    void registerKey(Session session, Nonce nonce, Frame.RegisterKey frame) throws InterruptedException {
        long came = System.nanoTime();
        long sentAtNanos = session.sentAtNanos();
        if (!proofs.isValid(nonce, frame)) {
            session.close(CloseReason.BAD_PROOF);
            return;
        }
        for (int attempt = 0; attempt < REGISTRATION_ATTEMPTS; attempt++) {
            Optional<ClientId> known = read(session, () -> identities.withKey(frame.key()), Optional.empty());
            if (known.isPresent()) {
                registerAgain(session, known.get(), frame.stream(), came, sentAtNanos);
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

    private void registerAgain(Session session, ClientId id, StreamId stream, long came, long sentAtNanos)
            throws InterruptedException {
        if (credentials(session, id) instanceof Credentials.Blocked) {
            session.blocked(id);
            refuse(session, came, CloseReason.BAD_PROOF);
            return;
        }
        var claim = new Frame.Resume(id, stream, 0, new Position(0), HistoryDigest.EMPTY, SignatureBytes.NONE);
        goOn(session, claim, sentAtNanos, () -> session.outbox().reply(new Frame.Registered(id)));
    }

    /** 33: somebody comes back, and proves it. */
    void resume(Session session, Nonce nonce, Frame.Resume frame) throws InterruptedException {
        long came = System.nanoTime();
        long sentAtNanos = session.sentAtNanos();
        Credentials credentials = credentials(session, frame.id());
        if (credentials instanceof Credentials.Blocked) {
            // The peer is told what it would be told if there were no such client.
            session.blocked(frame.id());
        }
        if (!proofs.isValid(nonce, frame, credentials)) {
            refuse(session, came, CloseReason.BAD_PROOF);
            return;
        }
        goOn(session, frame, sentAtNanos, () -> {});
    }

    /**
     * Takes the client over, waits until it is known where its mail and its stream go on, and says so (34).
     *
     * @param sentAtNanos when the peer said that it is this client
     * @param first what else is to be said before that, once the client is this session's
     */
    private void goOn(Session session, Frame.Resume claim, long sentAtNanos, Runnable first)
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
            MailboxCursor standing = ahead.get();
            boolean same = claim.digest().equals(digestAt(session, claim, standing));
            var compared = new CompletableFuture<Optional<MailboxCursor>>();
            identities.resumeCompared(claim, standing, same, new Resumption(session, claim, compared));
            await(compared);
        }
    }

    /** Tells a session where it goes on; on the writer's thread. */
    private final class Resumption implements Identities.ResumeListener {

        private final Session session;
        private final Frame.Resume claim;
        /**
         * Present when the client has mail that it has not confirmed, as it says: its history is to be compared with the log.
         * Otherwise the session goes on, or was closed.
         */
        private final CompletableFuture<Optional<MailboxCursor>> ahead;

        Resumption(Session session, Frame.Resume claim, CompletableFuture<Optional<MailboxCursor>> ahead) {
            this.session = session;
            this.claim = claim;
            this.ahead = ahead;
        }

        @Override
        public void resumed(MailboxCursor standing, StreamState stream, List<Frame.Refused> refusals) {
            ClientId id = claim.id();
            if (!holds(session, id)) {
                ahead.complete(Optional.empty());
                return;
            }
            session.become(new SessionState.Assured(id, new PeerStream(stream, standing.session())));
            session.outbox().resumed(stream, standing, refusals);
            session.outbox().open(id, standing, true);
            closeIfBlocked(session, id);
            releaseIfClosed(session, id);
            ahead.complete(Optional.empty());
        }

        @Override
        public void ahead(MailboxCursor standing) {
            ahead.complete(Optional.of(standing));
        }

        @Override
        public void refused(Reason reason) {
            sessions.release(claim.id(), session);
            session.close(reason == Reason.REPLACED ? CloseReason.REPLACED : CloseReason.BAD_PROOF);
            ahead.complete(Optional.empty());
        }
    }

    /**
     * Returns the digest of the client's log at the position that the client claims, which lies behind what it has confirmed.
     *
     * @return null when the session was closed meanwhile
     */
    private @Nullable HistoryDigest digestAt(Session session, Frame.Resume claim, MailboxCursor standing)
            throws InterruptedException {
        long position = standing.given();
        HistoryDigest digest = standing.digest();
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

    /** Whatever was found out about that id took the same time for whoever waits for the answer. */
    private void refuse(Session session, long cameNanos, CloseReason reason) throws InterruptedException {
        // The peer has only this to wait for, and nobody else waits for its thread.
        Thread.sleep(properties.refusalDelay().minusNanos(System.nanoTime() - cameNanos));
        session.close(reason);
    }

    private boolean mayRegister(Session session) {
        boolean may = registrations.oneMore(session.origin(), System.nanoTime());
        if (!may) {
            session.close(CloseReason.TOO_MANY_REGISTRATIONS);
        }
        return may;
    }

    /** Tries to make the session a new client; false when the id, or the key, turned out to be taken. */
    private boolean registered(Session session, @Nullable KeyedRegistration keyed) throws InterruptedException {
        var done = new CompletableFuture<Boolean>();
        identities.register(keyed, id -> done.complete(id != null && registered(session, id, keyed)));
        return await(done);
    }

    /** On the writer's thread: nobody can have written to the new client before this. */
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

    /** On the writer's thread: all mail up to this standing is in the log, and all mail after it is told to us. */
    private boolean connected(Session session, ClientId id, MailboxCursor standing) {
        if (!holds(session, id)) {
            return true;
        }
        session.become(new SessionState.Base(id));
        answerConnect(session, id);
        session.outbox().open(id, standing, false);
        closeIfBlocked(session, id);
        releaseIfClosed(session, id);
        return true;
    }

    /**
     * Claims the client, waits for the sessions that it has had, and submits the question where its mail goes on. From
     * the claim on, mail for the client is told to this session; it listens once it knows where it stands.
     *
     * @param sentAtNanos when the peer said that it is this client
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
            one.giveWay();
        }
        // What the older sessions have written must be confirmed before we ask where to go on, or it is given twice.
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

    /** On the writer's thread: whether the session has the client still; closes it when another one has it now. */
    private boolean holds(Session session, ClientId id) {
        boolean holds = sessions.hold(id, session);
        if (!holds) {
            lost(session, id);
        }
        return holds;
    }

    /** Another session has the client now. */
    private void lost(Session session, ClientId id) {
        sessions.release(id, session);
        session.close(CloseReason.REPLACED);
    }

    /** Whoever blocks a client ends the session that it has; this one began while that was done. */
    private void closeIfBlocked(Session session, ClientId id) {
        if (identities.isBlockedMeanwhile(id)) {
            session.close(CloseReason.BLOCKED);
        }
    }

    /** A session that was closed before it was somebody could not be taken off the list of who is online. */
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
     * Reads from the database; waits for it if need be, as everything else does.
     *
     * @param whenClosed what is returned when the session was closed meanwhile
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
