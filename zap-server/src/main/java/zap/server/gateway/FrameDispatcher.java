package zap.server.gateway;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHandler;
import org.springframework.stereotype.Component;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.Nonce;
import zap.protocol.Reason;
import zap.server.group.Groups;
import zap.server.mailbox.Followed;
import zap.server.mailbox.Mailbox;
import zap.server.mailbox.Write;
import zap.server.messaging.MessageRelay;
import zap.server.tracing.MessageTrace;
import zap.server.tracing.Tracing;

/**
 * Takes each frame that came to whoever it is for. Runs on the connection's own thread, one burst after the other, so that what a
 * session asks for happens in the order in which it asked.
 *
 * <p>Who the session is, is waited for ({@link Handshake}). All else is only submitted, and its outcome comes when it is durable.
 */
@Component
class FrameDispatcher implements MessageHandler {

    private final Handshake handshake;
    private final MessageRelay relay;
    private final Groups groups;
    private final Mailbox mailbox;
    private final GatewayMeters meters;
    private final Tracing tracing;

    FrameDispatcher(
            Handshake handshake,
            MessageRelay relay,
            Groups groups,
            Mailbox mailbox,
            GatewayMeters meters,
            Tracing tracing) {
        this.handshake = handshake;
        this.relay = relay;
        this.groups = groups;
        this.mailbox = mailbox;
        this.meters = meters;
        this.tracing = tracing;
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
            for (int i = 0; i < inbound.frames().size(); i++) {
                if (session.isClosed()) {
                    return;
                }
                dispatch(session, inbound.frames().get(i), i, inbound.receivedAtNanos());
            }
            session.keepPace(inbound.frames().size());
        } catch (InterruptedException e) {
            session.close(CloseReason.SHUTTING_DOWN);
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            session.failed(e);
        }
    }

    /**
     * Takes one frame to whoever it is for.
     *
     * @param index which frame of its burst it is
     */
    void dispatch(Session session, Frame frame, int index, long receivedAtNanos) throws InterruptedException {
        @Nullable ClientId self = session.client();
        @Nullable Nonce nonce = session.nonce();
        boolean first = session.speaksFirst();
        Consumer<@Nullable Reason> outcome = refusal -> {
            if (refusal != null) {
                session.refused(frame.type(), refusal);
            }
        };
        switch (frame) {
            case Frame.Register() -> {
                if (self != null) {
                    session.refused(frame.type(), Reason.ALREADY_CONNECTED);
                } else if (nonce != null) {
                    session.refused(frame.type(), Reason.NOT_YOURS_TO_SEND);
                } else {
                    handshake.register(session);
                }
            }
            case Frame.Connect(ClientId id) -> {
                if (self != null && self.equals(id)) {
                    handshake.answerConnect(session, id);
                } else if (self != null) {
                    session.refused(frame.type(), Reason.ALREADY_CONNECTED);
                } else if (nonce != null) {
                    session.refused(frame.type(), Reason.NOT_YOURS_TO_SEND);
                } else {
                    handshake.connect(session, id);
                }
            }
            case Frame.Send send -> {
                if (self == null) {
                    session.refused(frame.type(), Reason.NOT_CONNECTED);
                } else {
                    Write write = relay.send(self, send, receivedAtNanos, outcome);
                    submit(session, self, send, index, receivedAtNanos, write);
                }
            }
            case Frame.Message sent -> {
                if (self == null) {
                    session.refused(frame.type(), Reason.NOT_CONNECTED);
                } else if (!session.isAssured()) {
                    session.refused(frame.type(), Reason.NOT_YOURS_TO_SEND);
                } else {
                    Write write = relay.send(self, sent, receivedAtNanos, outcome);
                    submit(session, self, sent, index, receivedAtNanos, write);
                }
            }
            case Frame.Read read -> {
                if (self == null) {
                    session.refused(frame.type(), Reason.NOT_CONNECTED);
                } else {
                    session.outbox().confirmAcknowledged(); // or what has been read would still count as waiting
                    Write write = relay.read(self, read, receivedAtNanos, outcome);
                    submit(session, self, read, index, receivedAtNanos, write);
                }
            }
            case Frame.CreateGroup create -> {
                if (self == null) {
                    session.refused(frame.type(), Reason.NOT_CONNECTED);
                } else {
                    Write write = groups.create(self, create, session.isAssured(), receivedAtNanos, outcome);
                    submit(session, self, create, index, receivedAtNanos, write);
                }
            }
            case Frame.Hello hello -> {
                if (first && session.wire() == Wire.FULL_WIDTH) {
                    handshake.hello(session, hello);
                } else {
                    session.refused(frame.type(), Reason.NOT_YOURS_TO_SEND);
                }
            }
            case Frame.RegisterKey registerKey -> {
                if (self != null) {
                    session.refused(frame.type(), Reason.ALREADY_CONNECTED);
                } else if (nonce == null) {
                    session.refused(frame.type(), Reason.NOT_YOURS_TO_SEND);
                } else {
                    handshake.registerKey(session, nonce, registerKey);
                }
            }
            case Frame.Resume resume -> {
                if (self != null) {
                    session.refused(frame.type(), Reason.ALREADY_CONNECTED);
                } else if (nonce == null) {
                    session.refused(frame.type(), Reason.NOT_YOURS_TO_SEND);
                } else {
                    handshake.resume(session, nonce, resume);
                }
            }
            case Frame.Received(var position) -> {
                if (!session.isAssured()) {
                    session.refused(frame.type(), Reason.NOT_YOURS_TO_SEND);
                } else if (!session.outbox().received(position.value())) {
                    session.close(CloseReason.MALFORMED);
                }
            }
            case Frame.Ping() -> {
                if (nonce == null) {
                    session.refused(frame.type(), Reason.NOT_YOURS_TO_SEND);
                } else {
                    session.outbox().pong();
                }
            }
            case Frame.FromServer fromServer -> session.refused(frame.type(), Reason.NOT_YOURS_TO_SEND);
        }
    }

    private void submit(Session session, ClientId self, Frame frame, int index, long receivedAtNanos, Write write)
            throws InterruptedException {
        @Nullable MessageTrace trace = tracing.begin(session.number(), self, frame, receivedAtNanos);
        mailbox.submit(session.numbered(self, trace == null ? write : new Followed(write, trace), index));
    }
}
