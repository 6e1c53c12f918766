package zap.server.cluster;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import org.springframework.stereotype.Component;
import zap.server.mailbox.ClientMail;

/** The metrics of links between nodes. */
@Component
class LinkMeters {

    private final Counter handedOver;
    private final Counter received;
    private final Counter told;

    LinkMeters(MeterRegistry meters) {
        handedOver = Counter.builder("zap.links.entries.sent")
                .description("Entries of mailboxes handed over to other nodes")
                .baseUnit("entries")
                .register(meters);
        received = Counter.builder("zap.links.entries.received")
                .description("Entries of mailboxes that other nodes have handed over")
                .baseUnit("entries")
                .register(meters);
        told = Counter.builder("zap.links.clients.told")
                .description("Clients of other nodes whose mail was told of through the database instead")
                .baseUnit("clients")
                .register(meters);
    }

    void handedOver(List<ClientMail> mail) {
        handedOver.increment(entries(mail));
    }

    void received(List<ClientMail> mail) {
        received.increment(entries(mail));
    }

    void told(int clients) {
        told.increment(clients);
    }

    private static int entries(List<ClientMail> mail) {
        return mail.stream().mapToInt(one -> one.mail().size()).sum();
    }
}
