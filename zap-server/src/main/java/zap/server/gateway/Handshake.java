package zap.server.gateway;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.Nonce;
import zap.protocol.Position;
import zap.protocol.PublicKeyBytes;
import zap.protocol.Reason;
import zap.server.identity.Credentials;
import zap.server.identity.Identities;
import zap.server.identity.Proofs;
import zap.server.mailbox.Standing;

/**
 * Finds out who a session is: 01 and 03 in the base protocol, 30 to 34 in the assured one.
 *
 * <p>The connection's thread waits here, for what follows depends on the answer. Somebody's older session is replaced only by a session that
 * may be that client.
 */
@Component
class Handshake {

    /** The version of the assured protocol that this server speaks. */
    private static final int VERSION = 1;

    /** How often an id that turned out to be taken is replaced by another. */
    private static final int REGISTRATION_ATTEMPTS = 3;

    /** How long a session waits for those that it replaces to end what they are writing. */
    private static final Duration TAKE_OVER = Duration.ofSeconds(5);

    private static final Duration PAUSE_AFTER_FAILED_READ = Duration.ofSeconds(1);

    private final Identities identities;
    private final Proofs proofs;
    private final Sessions sessions;
    private final Registrations registrations;
    private final GatewayProperties properties;

    Handshake(
            Identities identities,
            Proofs proofs,
            Sessions sessions,
            Registrations registrations,
            GatewayProperties properties) {
        this.identities = identities;
        this.proofs = proofs;
        this.sessions = sessions;
        this.registrations = registrations;
        this.properties = properties;
    }

    /** 01: somebody new, who is connected from then on. */
    void register(Session session) throws InterruptedException {
        if (mayRegister(session)) {
            register(session, null);
        }
    }

    /** 03: somebody who says to be this client. In the base protocol knowing the id is enough, unless it has a key. */
    void connect(Session session, ClientId id) throws InterruptedException {
        long came = System.nanoTime();
        long saidAtNanos = session.saidAtNanos();
        switch (credentials(session, id)) {
            case Credentials.Unknown() -> refuse(session, came, CloseReason.UNKNOWN_CLIENT);
            case Credentials.Blocked() -> refuse(session, came, CloseReason.BLOCKED);
            case Credentials.Keyed(var key) -> refuse(session, came, CloseReason.NEEDS_PROOF);
            case Credentials.Keyless() -> {
                var done = new CompletableFuture<Boolean>();
                boolean asked = takeOver(session, id, saidAtNanos, () -> {
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
        if (session.wire() == Wire.RECV && properties.recvAnswerConnect()) {
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
        session.greeted(nonce);
        session.outbox().reply(new Frame.Welcome(VERSION, nonce));
    }

    /** 32: somebody new, with a key. */
    void registerKey(Session session, Nonce nonce, Frame.RegisterKey frame) throws InterruptedException {
        if (!mayRegister(session)) {
            return;
        }
        if (proofs.isValid(nonce, frame)) {
            register(session, frame.key());
            session.assured(null, 0);
        } else {
            session.close(CloseReason.BAD_PROOF);
        }
    }

    /** 33: somebody comes back, and proves it. */
    void resume(Session session, Nonce nonce, Frame.Resume frame) throws InterruptedException {
        long came = System.nanoTime();
        long saidAtNanos = session.saidAtNanos();
        Credentials credentials = credentials(session, frame.id());
        if (credentials instanceof Credentials.Blocked) {
            // The peer is told what it would be told if there were no such client.
            session.blocked(frame.id());
        }
        if (!proofs.isValid(nonce, frame, credentials)) {
            refuse(session, came, CloseReason.BAD_PROOF);
            return;
        }
        var accepted = new CompletableFuture<Long>();
        var resumed = new Identities.Resumed() {
            @Override
            public void at(long count, Standing standing) {
                if (!holds(session, frame.id())) {
                    accepted.complete(0L);
                    return;
                }
                session.identified(frame.id());
                session.outbox().reply(new Frame.Resumed(count, new Position(standing.given())));
                session.outbox().open(frame.id(), standing, true);
                closeIfBlocked(session, frame.id());
                releaseIfClosed(session, frame.id());
                accepted.complete(count);
            }

            @Override
            public void impossible(Reason reason) {
                sessions.release(frame.id(), session);
                session.close(CloseReason.MALFORMED);
                accepted.complete(0L);
            }
        };
        boolean asked = takeOver(
                session,
                frame.id(),
                saidAtNanos,
                () -> identities.resume(frame.id(), frame.stream(), frame.position(), resumed));
        if (asked) {
            session.assured(frame.stream(), await(accepted));
        }
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

    private void register(Session session, @Nullable PublicKeyBytes key) throws InterruptedException {
        for (int attempt = 0; attempt < REGISTRATION_ATTEMPTS; attempt++) {
            var done = new CompletableFuture<Boolean>();
            identities.register(key, id -> done.complete(id != null && registered(session, id, key != null)));
            if (await(done)) {
                return;
            }
        }
        session.failed(new IllegalStateException("No new id could be registered"));
    }

    /** On the writer's thread: nobody can have written to the new client before this. */
    private boolean registered(Session session, ClientId id, boolean assured) {
        session.identified(id);
        sessions.claim(id, session, System.nanoTime());
        sessions.hold(id, session);
        session.outbox().reply(new Frame.Registered(id));
        if (assured) {
            session.outbox().reply(new Frame.Resumed(0, new Position(0)));
        }
        session.outbox().open(id, new Standing(0, 0), assured);
        releaseIfClosed(session, id);
        return true;
    }

    /** On the writer's thread: all mail up to this standing is in the log, and all mail after it is told to us. */
    private boolean connected(Session session, ClientId id, Standing standing) {
        if (!holds(session, id)) {
            return true;
        }
        session.identified(id);
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
     * @param saidAtNanos when the peer said that it is this client
     * @return false when another session has the client now, and this one was closed
     */
    private boolean takeOver(Session session, ClientId id, long saidAtNanos, ClientSessions.Submission question)
            throws InterruptedException {
        @Nullable List<Session> older = sessions.claim(id, session, saidAtNanos);
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
            sessions.release(id, session);
            session.close(CloseReason.REPLACED);
        }
        return asked;
    }

    /** On the writer's thread: whether the session has the client still; closes it when another one has it now. */
    private boolean holds(Session session, ClientId id) {
        boolean holds = sessions.hold(id, session);
        if (!holds) {
            sessions.release(id, session);
            session.close(CloseReason.REPLACED);
        }
        return holds;
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

    /** Waits for the database if need be, as everything else does. */
    private Credentials credentials(Session session, ClientId id) throws InterruptedException {
        while (true) {
            try {
                return identities.credentials(id);
            } catch (DataAccessException | TransactionException e) {
                session.waits(e);
                if (session.isClosed()) {
                    return new Credentials.Unknown();
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
