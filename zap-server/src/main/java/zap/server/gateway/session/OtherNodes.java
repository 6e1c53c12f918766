package zap.server.gateway.session;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import zap.protocol.ClientId;
import zap.server.cluster.ClusterMeters;
import zap.server.cluster.ClusterProperties;
import zap.server.cluster.Links;
import zap.server.cluster.MailFromNodes;
import zap.server.cluster.Nodes;
import zap.server.mailbox.ClientMail;
import zap.server.mailbox.Mailbox;
import zap.server.mailbox.MailboxCursor;
import zap.server.mailbox.SessionPlace;

/**
 * Looks for what other nodes have done for the clients of this one: mail that they have stored, and clients that have
 * connected to them.
 *
 * <p>A look reads the rows of the clients that are connected here, a thousand in one statement, and pauses between two
 * statements. So its cost is bounded, and a node that is alone has none.
 */
@Component
class OtherNodes implements SmartLifecycle, MailFromNodes {

    private static final Logger log = LoggerFactory.getLogger(OtherNodes.class);

    /** Number of clients in one statement. */
    private static final int AT_A_TIME = 1000;

    private record Connected(ClientId client, Session session) {}

    private final Nodes nodes;
    private final Links links;
    private final ClusterMeters meters;
    private final Mailbox mailbox;
    private final Sessions sessions;
    private final ClusterProperties properties;
    private volatile @Nullable Thread thread;
    private boolean failing;

    OtherNodes(
            Nodes nodes,
            Links links,
            ClusterMeters meters,
            Mailbox mailbox,
            Sessions sessions,
            ClusterProperties properties) {
        this.nodes = nodes;
        this.links = links;
        this.meters = meters;
        this.mailbox = mailbox;
        this.sessions = sessions;
        this.properties = properties;
    }

    @Override
    public void start() {
        sessions.others(nodes::hasOthersNow);
        thread = Thread.ofVirtual().name("other-nodes").start(this::run);
        links.listen(nodes.number(), nodes::isAlone, this);
    }

    /** Gives mail that another node has handed over to the sessions of its clients. */
    @Override
    public void handedOver(List<ClientMail> mail) {
        for (ClientMail one : mail) {
            if (sessions.isOnline(one.client()) && !one.mail().isEmpty()) {
                mailbox.learn(one);
                sessions.arrived(one.client(), one.mail());
                meters.found(ClusterMeters.FoundBy.LINK);
            }
        }
    }

    /** Looks at the rows of the clients of which another node has told. */
    @Override
    public void told(Set<Long> clients) {
        List<Connected> told = clients.stream()
                .map(client -> sessions.of(new ClientId(client)))
                .filter(Objects::nonNull)
                .flatMap(session -> connected(session).stream())
                .toList();
        if (told.isEmpty()) {
            return;
        }
        try {
            lookAt(told, ClusterMeters.FoundBy.NOTICE);
        } catch (DataAccessException | TransactionException e) {
            log.debug("Could not read the rows of clients of which another server has told: {}", e.getMessage());
        }
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(properties.lookEvery()); // the pace of the looks
                if (nodes.isCutOff()) {
                    closeAll();
                } else if (!nodes.isAlone()) {
                    tryToLook();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tryToLook() throws InterruptedException {
        try {
            look();
            failing = false;
        } catch (DataAccessException | TransactionException e) {
            if (!failing) {
                failing = true;
                log.warn("Could not look for mail that other servers have stored, will try again: {}", e.getMessage());
            }
        }
    }

    /** Looks once at the rows of all clients that are connected here. */
    private void look() throws InterruptedException {
        List<Connected> connected = connected();
        for (int from = 0; from < connected.size(); from += AT_A_TIME) {
            if (from > 0) {
                Thread.sleep(properties.lookEvery()); // a node with many clients looks at them one part after the other
            }
            List<Connected> part = connected.subList(from, Math.min(from + AT_A_TIME, connected.size()));
            lookAt(part, ClusterMeters.FoundBy.LOOK);
        }
    }

    private void lookAt(List<Connected> some, ClusterMeters.FoundBy by) {
        Map<ClientId, MailboxCursor> cursors =
                mailbox.cursorsOf(some.stream().map(Connected::client).collect(Collectors.toSet()));
        some.forEach(one -> compare(one, cursors.get(one.client), by));
    }

    private List<Connected> connected() {
        return sessions.all().stream()
                .flatMap(session -> connected(session).stream())
                .toList();
    }

    private static Optional<Connected> connected(Session session) {
        @Nullable ClientId client = session.client();
        return client == null || session.isClosed() ? Optional.empty() : Optional.of(new Connected(client, session));
    }

    /** Compares a session with its client's row. */
    private void compare(Connected one, @Nullable MailboxCursor cursor, ClusterMeters.FoundBy by) {
        if (cursor == null) {
            one.session.close(CloseReason.FORGOTTEN);
            return;
        }
        switch (one.session.outbox().follow(cursor)) {
            case SAME -> {}
            case MORE_MAIL -> meters.found(by);
            case SESSION_ENDED -> {
                if (mailbox.placeOf(one.client).filter(SessionPlace::isNowhere).isPresent()) {
                    // An operator at another node has ended it, which this node did not answer in time.
                    one.session.closeSoon(CloseReason.DISCONNECTED);
                } else {
                    meters.movedOut();
                    one.session.closeSoon(CloseReason.REPLACED);
                }
            }
        }
    }

    private void closeAll() {
        List<Session> open =
                sessions.all().stream().filter(session -> !session.isClosed()).toList();
        if (!open.isEmpty()) {
            log.warn("This server cannot reach the database, and others may: closing {} sessions", open.size());
            meters.cutOff(open.size());
            open.forEach(session -> session.close(CloseReason.CUT_OFF));
        }
    }

    @Override
    public void stop() {
        @Nullable Thread current = thread;
        thread = null;
        if (current != null) {
            current.interrupt();
        }
    }

    @Override
    public boolean isRunning() {
        return thread != null;
    }
}
