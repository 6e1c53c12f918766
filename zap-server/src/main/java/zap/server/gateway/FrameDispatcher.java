package zap.server.gateway;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHandler;
import org.springframework.stereotype.Component;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.Reason;
import zap.server.group.Groups;
import zap.server.identity.Identities;
import zap.server.mailbox.Standing;
import zap.server.messaging.MessageRelay;

/**
 * Takes each frame that came to whoever it is for. Runs on the connection's own thread, one burst after the other, so that what a
 * session asks for happens in the order in which it asked.
 *
 * <p>01 and 03 are waited for: what follows them depends on who the session is. All else is only submitted, and its outcome comes
 * when it is durable.
 */
@Component
class FrameDispatcher implements MessageHandler {

    /** How often an id that turned out to be taken is replaced by another. */
    private static final int REGISTRATION_ATTEMPTS = 3;

    /** How long the newest session waits for the one that it replaces to put its pen down. */
    private static final Duration TAKE_OVER = Duration.ofSeconds(5);

    private final Identities identities;
    private final MessageRelay relay;
    private final Groups groups;
    private final Sessions sessions;
    private final GatewayMeters meters;
    private final GatewayProperties properties;

    FrameDispatcher(
            Identities identities,
            MessageRelay relay,
            Groups groups,
            Sessions sessions,
            GatewayMeters meters,
            GatewayProperties properties) {
        this.identities = identities;
        this.relay = relay;
        this.groups = groups;
        this.sessions = sessions;
        this.meters = meters;
        this.properties = properties;
    }

    @Override
    public void handleMessage(Message<?> message) {
        var inbound = (Inbound) message.getPayload();
        Session session = inbound.session();
        if (session.isReadingStopped()) {
            return;
        }
        meters.received(inbound.frames());
        try {
            for (Frame frame : inbound.frames()) {
                if (session.isClosed()) {
                    return;
                }
                dispatch(session, frame, inbound.receivedAtNanos());
            }
        } catch (InterruptedException e) {
            session.close(CloseReason.SHUTTING_DOWN);
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            session.failed(e);
        }
    }

    private void dispatch(Session session, Frame frame, long receivedAtNanos) throws InterruptedException {
        @Nullable ClientId self = session.client();
        switch (frame) {
            case Frame.Register register -> {
                if (self == null) {
                    register(session);
                } else {
                    session.refused(frame.type(), Reason.ALREADY_CONNECTED);
                }
            }
            case Frame.Connect(ClientId id) -> {
                if (self == null) {
                    connect(session, id);
                } else if (!self.equals(id)) {
                    session.refused(frame.type(), Reason.ALREADY_CONNECTED);
                } else {
                    answerConnect(session, id);
                }
            }
            case Frame.Send send -> {
                if (self == null) {
                    session.refused(frame.type(), Reason.NOT_CONNECTED);
                } else {
                    relay.send(self, send, receivedAtNanos, refusal -> settled(session, frame, refusal));
                }
            }
            case Frame.Read read -> {
                if (self == null) {
                    session.refused(frame.type(), Reason.NOT_CONNECTED);
                } else {
                    relay.read(self, read, receivedAtNanos, refusal -> settled(session, frame, refusal));
                }
            }
            case Frame.CreateGroup create -> {
                if (self == null) {
                    session.refused(frame.type(), Reason.NOT_CONNECTED);
                } else if (!self.equals(create.creator())) {
                    session.refused(frame.type(), Reason.SPOOFED);
                } else {
                    groups.create(self, create, receivedAtNanos, refusal -> settled(session, frame, refusal));
                }
            }
            // Assured sessions (protocol section 3) are not offered: without an answer to its hello a client goes on in
            // the
            // base protocol.
            case Frame.Hello hello -> session.refused(frame.type(), Reason.NOT_YOURS_TO_SEND);
            case Frame.RegisterKey registerKey -> session.refused(frame.type(), Reason.NOT_YOURS_TO_SEND);
            case Frame.Resume resume -> session.refused(frame.type(), Reason.NOT_YOURS_TO_SEND);
            case Frame.Received received -> session.refused(frame.type(), Reason.NOT_YOURS_TO_SEND);
            case Frame.Ping ping -> session.refused(frame.type(), Reason.NOT_YOURS_TO_SEND);
            case Frame.FromServer fromServer -> session.refused(frame.type(), Reason.NOT_YOURS_TO_SEND);
        }
    }

    private static void settled(Session session, Frame frame, @Nullable Reason refusal) {
        if (refusal != null) {
            session.refused(frame.type(), refusal);
        }
    }

    private void register(Session session) throws InterruptedException {
        for (int attempt = 0; attempt < REGISTRATION_ATTEMPTS; attempt++) {
            var done = new CompletableFuture<Boolean>();
            identities.register(id -> done.complete(id != null && registered(session, id)));
            if (await(done)) {
                return;
            }
        }
        session.failed(new IllegalStateException("No new id could be registered"));
    }

    /** On the writer's thread: nobody can have written to the new client before this. */
    private boolean registered(Session session, ClientId id) {
        session.identified(id);
        sessions.take(id, session);
        session.outbox().reply(new Frame.Registered(id));
        session.outbox().open(id, new Standing(0, 0));
        if (session.isClosed()) {
            sessions.release(id, session);
        }
        return true;
    }

    private void connect(Session session, ClientId id) throws InterruptedException {
        // From here on mail for the client is told to this session; it listens once it knows where it stands.
        @Nullable Session older = sessions.take(id, session);
        if (older != null) {
            older.close(CloseReason.REPLACED);
            // What the older session has written must be confirmed before we ask where to go on, or it is given twice.
            older.outbox().awaitIdle(TAKE_OVER);
        }
        var done = new CompletableFuture<Boolean>();
        identities.lookUp(id, standing -> done.complete(standing != null && connected(session, id, standing)));
        if (!await(done)) {
            sessions.release(id, session);
            session.close(CloseReason.UNKNOWN_CLIENT);
        }
    }

    /** On the writer's thread: all mail up to this standing is in the log, and all mail after it is told to us. */
    private boolean connected(Session session, ClientId id, Standing standing) {
        session.identified(id);
        answerConnect(session, id);
        session.outbox().open(id, standing);
        if (session.isClosed()) {
            sessions.release(id, session);
        }
        return true;
    }

    /** The base protocol answers 03 with nothing; some programs of the recv listener wait for an 04. */
    private void answerConnect(Session session, ClientId id) {
        if (session.wire() == Wire.RECV && properties.recvAnswerConnect()) {
            session.outbox().reply(new Frame.Connected(id));
        }
    }

    private static boolean await(CompletableFuture<Boolean> done) throws InterruptedException {
        try {
            return done.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }
}
