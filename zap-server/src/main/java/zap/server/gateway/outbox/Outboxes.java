package zap.server.gateway.outbox;

import java.time.Duration;
import java.util.List;
import org.springframework.stereotype.Component;
import zap.protocol.ClientId;
import zap.server.gateway.settings.Framing;
import zap.server.gateway.settings.GatewayMeters;
import zap.server.gateway.settings.GatewayProperties;
import zap.server.mailbox.ConfirmWrite;
import zap.server.mailbox.Mailbox;
import zap.server.mailbox.MailboxItem;
import zap.server.tracing.Tracing;

/** The factory of outboxes. It holds the services that all of them share. */
@Component
final class Outboxes implements Outbox.Factory {

    private final Outbox.Log log;
    private final AcknowledgementWatch watch;
    private final GatewayMeters meters;
    private final Tracing tracing;
    private final GatewayProperties properties;

    Outboxes(
            Mailbox mailbox,
            AcknowledgementWatch watch,
            GatewayMeters meters,
            Tracing tracing,
            GatewayProperties properties) {
        this.log = new MailboxLog(mailbox);
        this.watch = watch;
        this.meters = meters;
        this.tracing = tracing;
        this.properties = properties;
    }

    @Override
    public Outbox create(Outbox.Owner owner, Outbox.Peer peer, Framing framing) {
        Duration gap = framing == Framing.RECV ? properties.recvGap() : Duration.ZERO;
        return new Outbox(owner, peer, log, watch, meters, tracing, framing, gap);
    }

    /** The mailbox, as outboxes see it. */
    private record MailboxLog(Mailbox mailbox) implements Outbox.Log {

        @Override
        public List<MailboxItem> page(ClientId client, long after) throws InterruptedException {
            return mailbox.page(client, after);
        }

        @Override
        public void confirm(ConfirmWrite confirmation) throws InterruptedException {
            mailbox.submit(confirmation);
        }
    }
}
