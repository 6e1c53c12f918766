package zap.server.gateway.session;

import java.util.List;
import zap.protocol.Frame;

/**
 * The frames of one read from a connection: the payload of the messages that go through Spring Integration.
 *
 * @param frames at least one, in the order in which they came
 * @param receivedAtNanos {@link System#nanoTime()} when they had been decoded
 */
public record Inbound(Session session, List<Frame> frames, long receivedAtNanos) {}
