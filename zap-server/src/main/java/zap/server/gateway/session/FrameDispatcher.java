package zap.server.gateway.session;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.Nonce;
import zap.protocol.Reason;
import zap.server.gateway.settings.GatewayMeters;
import zap.server.group.Groups;
import zap.server.mailbox.Mailbox;
import zap.server.mailbox.TracedWrite;
import zap.server.mailbox.Write;
import zap.server.mailbox.WriteOutcome;
import zap.server.messaging.MessageRelay;
import zap.server.tracing.MessageTrace;
import zap.server.tracing.Tracing;

/**
 * The dispatcher of received frames: passes each to the service that it is for. It runs on the connection's own thread,
 * one burst after the other, so that requests of a session take effect in their order.
 *
 * <p>It waits only while a session is being identified ({@link Handshake}). Everything else is submitted, and its
 * outcome follows when it is durable.
 */
@Component
public class FrameDispatcher {

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

    /**
     * Dispatches the frames of one read, in their order, and ends the session when that fails. Blocks while the
     * writer's queue is full, while the session is being identified, and when the peer exceeds its rate limit.
     */
    public void dispatch(Inbound inbound) {
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
     * Passes one frame to the service that it is for.
     *
     * @param index the frame's index in its burst, from 0
     */
    void dispatch(Session session, Frame frame, int index, long receivedAtNanos) throws InterruptedException {
        SessionState state = session.state();
        @Nullable Reason refusal = session.refusalOf(frame);
        if (refusal != null) {
            session.refused(frame.type(), refusal);
            if (state instanceof SessionState.Silent) {
                session.become(new SessionState.Anonymous());
            }
            return;
        }
        Consumer<WriteOutcome> outcome = settled -> {
            if (settled instanceof WriteOutcome.Refused(Reason reason)) {
                session.refused(frame.type(), reason);
            }
        };
        switch (frame) {
            case Frame.Register() -> handshake.register(session);
            case Frame.Connect(ClientId id) -> {
                if (state instanceof SessionState.Identified) {
                    handshake.answerConnect(session, id);
                } else {
                    handshake.connect(session, id);
                }
            }
            case Frame.Hello hello -> handshake.hello(session, hello);
            case Frame.RegisterKey registerKey -> handshake.registerKey(session, nonceIn(state), registerKey);
            case Frame.Resume resume -> handshake.resume(session, nonceIn(state), resume);
            case Frame.Send send -> {
                Write write = relay.send(clientIn(state), send, receivedAtNanos, outcome);
                submit(session, send, index, receivedAtNanos, write);
            }
            case Frame.Message sent -> {
                Write write = relay.send(clientIn(state), sent, receivedAtNanos, outcome);
                submit(session, sent, index, receivedAtNanos, write);
            }
            case Frame.Read read -> {
                session.outbox().read(read); // or what has been read would still count as waiting
                Write write =
                        relay.read(clientIn(state), read, session.outbox().confirmedUpTo(), receivedAtNanos, outcome);
                submit(session, read, index, receivedAtNanos, write);
            }
            case Frame.CreateGroup create -> {
                boolean assured = state instanceof SessionState.Assured;
                Write write = groups.create(clientIn(state), create, assured, receivedAtNanos, outcome);
                submit(session, create, index, receivedAtNanos, write);
            }
            case Frame.Received(var position) -> {
                if (!session.outbox().received(position.value())) {
                    session.close(CloseReason.MALFORMED);
                }
            }
            case Frame.Ping() -> session.outbox().pong();
            case Frame.FromServer fromServer ->
                throw new IllegalStateException("A server's frame was not refused: " + fromServer.type());
        }
    }

    private static ClientId clientIn(SessionState state) {
        if (state instanceof SessionState.Identified its) {
            return its.client();
        }
        throw new IllegalStateException("A frame of an unidentified session was not refused: " + state);
    }

    private static Nonce nonceIn(SessionState state) {
        if (state instanceof SessionState.Greeted(Nonce nonce)) {
            return nonce;
        }
        throw new IllegalStateException("A proof was not refused: " + state);
    }

    private void submit(Session session, Frame frame, int index, long receivedAtNanos, Write write)
            throws InterruptedException {
        @Nullable
        MessageTrace trace = tracing.begin(session.number(), clientIn(session.state()), frame, receivedAtNanos);
        mailbox.submit(session.numbered(trace == null ? write : new TracedWrite(write, trace), index));
    }
}
