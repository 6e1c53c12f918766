package zap.server.gateway.session;

import java.util.List;
import zap.protocol.Frame;

/**
 * What one read of a connection brought: the payload of the messages that go through Spring Integration.
 *
 * @param frames at least one, in the order in which they came
 * @param receivedAtNanos {@link System#nanoTime()} when they had been decoded
 */
public record Inbound(Session session, List<Frame> frames, long receivedAtNanos) {}
