package zap.server.gateway.outbox;

import java.time.Duration;
import zap.server.gateway.settings.GatewayMeters;
import zap.server.gateway.settings.GatewayProperties;
import zap.server.mailbox.Mailbox;
import zap.server.tracing.Tracing;

/** Factories of real outboxes, for tests of other packages. */
public final class OutboxFactories {

    private static final AcknowledgementWatch WATCH = new AcknowledgementWatch();

    private OutboxFactories() {}

    /** Returns a factory of outboxes that read their mail from a mailbox. */
    public static Outbox.Factory over(Mailbox mailbox, GatewayMeters meters, GatewayProperties properties) {
        return new Outboxes(mailbox, WATCH, meters, Tracing.OFF, properties);
    }

    /** Returns a factory of outboxes that all write to one peer, and read and confirm in one log. */
    public static Outbox.Factory over(Outbox.Peer peer, Outbox.Log log, GatewayMeters meters) {
        return (owner, _, framing) -> new Outbox(owner, peer, log, WATCH, meters, Tracing.OFF, framing, Duration.ZERO);
    }
}
