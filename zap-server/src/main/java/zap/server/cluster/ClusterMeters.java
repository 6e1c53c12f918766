package zap.server.cluster;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import org.springframework.stereotype.Component;
import zap.server.mailbox.ClientMail;
import zap.server.mailbox.Mailbox;

/** The metrics of a node among others. */
@Component
public class ClusterMeters {

    /** The ways in which a node learns of mail that another one has stored for its clients. */
    public enum FoundBy {
        /** The other node has handed it over on a link. */
        LINK,
        /** The other node has told. */
        NOTICE,
        /** A notice was lost or late, and a look at the clients' rows has found it. */
        LOOK
    }

    private static final String ENTRIES = "zap.cluster.entries";
    private static final String ENTRIES_DESCRIPTION = "Entries of mailboxes that nodes handed over to each other";
    private static final String MOVED = "zap.cluster.sessions.moved";
    private static final String MOVED_DESCRIPTION = "Sessions that began here after one on another node (in),"
            + " or ended here because the client has a newer one on another node (out)";

    private final MeterRegistry registry;
    private final Map<FoundBy, LongAdder> found = new EnumMap<>(FoundBy.class);
    private final LongAdder sent;
    private final LongAdder received;
    private final LongAdder entriesSent;
    private final LongAdder entriesReceived;
    private final LongAdder movedOut;
    private final LongAdder cutOff;

    ClusterMeters(MeterRegistry registry) {
        this.registry = registry;
        sent = counter("zap.cluster.notices", "Notices between nodes about mail for their clients", "way", "sent");
        received =
                counter("zap.cluster.notices", "Notices between nodes about mail for their clients", "way", "received");
        entriesSent = counter(ENTRIES, ENTRIES_DESCRIPTION, "way", "sent");
        entriesReceived = counter(ENTRIES, ENTRIES_DESCRIPTION, "way", "received");
        for (FoundBy by : FoundBy.values()) {
            found.put(
                    by,
                    counter(
                            "zap.cluster.mail.found",
                            "How often a session learnt of mail that another node had stored: it was handed over on a link, a notice"
                                    + " came, or a look found it",
                            "how",
                            by.name().toLowerCase(Locale.ROOT)));
        }
        movedOut = counter(MOVED, MOVED_DESCRIPTION, "way", "out");
        cutOff = new LongAdder();
        FunctionCounter.builder("zap.cluster.cut.off", cutOff, LongAdder::sum)
                .description("Sessions that this node closed because it did not reach the database, and others may")
                .register(registry);
    }

    private LongAdder counter(String name, String description, String tag, String value) {
        var adder = new LongAdder();
        FunctionCounter.builder(name, adder, LongAdder::sum)
                .description(description)
                .tag(tag, value)
                .register(registry);
        return adder;
    }

    void watch(Nodes nodes, Links links, Mailbox mailbox) {
        Gauge.builder("zap.cluster.nodes", nodes, all -> 1.0 + all.others().size())
                .description("Nodes with a heartbeat, as this one sees them, this one included")
                .baseUnit("nodes")
                .register(registry);
        Gauge.builder("zap.cluster.links", links, all -> all.linked().size())
                .description("Links that work, to each of the other nodes one, on which this node hands mail over")
                .register(registry);
        FunctionCounter.builder(MOVED, mailbox, Mailbox::sessionsMovedHere)
                .description(MOVED_DESCRIPTION)
                .tag("way", "in")
                .register(registry);
    }

    void sent() {
        sent.increment();
    }

    void received(int notices) {
        received.add(notices);
    }

    void entriesSent(List<ClientMail> mail) {
        entriesSent.add(ClientMail.entries(mail));
    }

    void entriesReceived(List<ClientMail> mail) {
        entriesReceived.add(ClientMail.entries(mail));
    }

    /** Counts a session that learnt of mail that another node had stored. */
    public void found(FoundBy by) {
        Objects.requireNonNull(found.get(by)).increment();
    }

    /** Counts a session that ended here because its client has a newer one on another node. */
    public void movedOut() {
        movedOut.increment();
    }

    /** Counts sessions that were closed because this node does not reach the database. */
    public void cutOff(int sessions) {
        cutOff.add(sessions);
    }
}
