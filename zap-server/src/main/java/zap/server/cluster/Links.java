package zap.server.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import zap.server.mailbox.ClientMail;
import zap.server.mailbox.MailElsewhere;

/**
 * Hands mail over to the nodes to whose clients it belongs, on a link to each of them. Where there is no link, the node
 * is told through the database ({@link Wakes}).
 *
 * <p>A node that is alone has neither a port for links nor a certificate.
 */
@Component
public class Links implements MailElsewhere, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Links.class);

    private final Wakes wakes;
    private final ClusterMeters meters;
    private final ClusterProperties properties;
    private final JdbcClient jdbc;
    private final BeanFactory beans;

    private final Map<Long, NodeLink> links = new ConcurrentHashMap<>();
    /** The fingerprints of the other nodes' certificates. */
    private volatile Set<String> trusted = Set.of();

    private volatile @Nullable MailFromNodes listener;
    private volatile @Nullable LinkIdentity identity;
    private volatile @Nullable LinkListener port;
    private volatile @Nullable LinkEnd end;
    private volatile @Nullable Thread opening;
    /** Whether the port could not be opened so far, which the log says once. */
    private volatile boolean portFailed;

    private volatile boolean closed;

    Links(Wakes wakes, ClusterMeters meters, ClusterProperties properties, JdbcClient jdbc, BeanFactory beans) {
        this.wakes = wakes;
        this.meters = meters;
        this.properties = properties;
        this.jdbc = jdbc;
        this.beans = beans;
    }

    @Override
    public void stored(long node, List<ClientMail> mail) {
        @Nullable NodeLink link = links.get(node);
        if (link == null || mail.stream().anyMatch(one -> one.mail().isEmpty()) || !link.take(mail)) {
            tell(node, mail.stream().map(ClientMail::client).collect(Collectors.toSet()));
        }
    }

    private void tell(long node, Set<Long> clients) {
        wakes.tell(node, clients);
    }

    /**
     * Takes mail from other nodes until this is closed.
     *
     * @param node the number of this node
     * @param alone tells whether there is no other node
     */
    public void listen(long node, BooleanSupplier alone, MailFromNodes receiver) {
        listener = receiver;
        wakes.listen(node, alone, receiver::told);
    }

    /** Returns where this node takes mail from others; null while there are none, or if it cannot. */
    @Nullable
    LinkEnd end() {
        return end;
    }

    /** Returns whether the port at which this node takes mail could not be opened so far. It is tried again. */
    boolean hasPortFailed() {
        return portFailed;
    }

    /** Follows the other nodes: opens links to new ones and closes those to others. Does not block. */
    void follow(List<Node> others) {
        trusted = others.stream()
                .map(Node::link)
                .filter(Objects::nonNull)
                .map(LinkEnd::fingerprint)
                .collect(Collectors.toSet());
        @Nullable LinkListener current = port;
        if (current != null && !current.isOpen()) {
            // A failed accept has ended it: without a free file descriptor, for example.
            current.close();
            port = null;
            end = null;
            identity = null;
            opening = null;
        }
        @Nullable LinkIdentity mine = identity;
        if (mine == null) {
            if (!others.isEmpty() && opening == null && !closed) {
                opening = Thread.ofPlatform().daemon().name("opening-links").start(this::openPort);
            }
            return;
        }
        Map<Long, Node> there = new HashMap<>();
        others.stream().filter(node -> node.link() != null).forEach(node -> there.put(node.number(), node));
        for (Iterator<NodeLink> each = links.values().iterator(); each.hasNext(); ) {
            NodeLink link = each.next();
            @Nullable Node node = there.get(link.node().number());
            if (node == null || !Objects.equals(node.link(), link.node().link())) {
                each.remove();
                link.close();
            }
        }
        if (!closed) {
            there.values().stream()
                    .filter(node -> !links.containsKey(node.number()))
                    .forEach(node -> open(node, mine));
        }
    }

    private void open(Node node, LinkIdentity mine) {
        LinkEnd other = Objects.requireNonNull(node.link());
        try {
            links.put(
                    node.number(),
                    new NodeLink(
                            node,
                            other,
                            mine.context(other.fingerprint()::equals),
                            beans,
                            meters,
                            clients -> tell(node.number(), clients)));
        } catch (GeneralSecurityException e) {
            log.warn("Cannot link to {}: {}", node, e.getMessage());
        }
    }

    private void openPort() {
        try {
            @Nullable String host = host();
            if (host == null) {
                log.info(
                        "Other servers cannot hand mail over to this one, because the database's connections do not show"
                                + " an address of this machine; they tell it through the database. Set zap.cluster.address to"
                                + " the address at which they reach this machine");
                return;
            }
            @Nullable String local = isOfThisMachine(host) ? host : null;
            LinkIdentity mine = LinkIdentity.create();
            var opened = new LinkListener(
                    local, properties.portToOpen(), mine.context(this::isTrusted), beans, this::received);
            int number = opened.open();
            if (number == 0) {
                opened.close();
                if (!portFailed) {
                    portFailed = true;
                    log.warn(
                            "Other servers cannot hand mail over to this one for now, because {} could be opened on {};"
                                    + " they tell it through the database. Is another program using the port? Are"
                                    + " zap.cluster.address and zap.cluster.port right?",
                            properties.portToOpen() == 0 ? "no port" : "no port " + properties.portToOpen(),
                            local == null ? "this machine" : local);
                }
                opening = null; // with a heartbeat again: a server that is ending may still have it
                return;
            }
            if (portFailed) {
                portFailed = false;
                log.info("Other servers can hand mail over to this one now");
            }
            port = opened;
            identity = mine;
            end = new LinkEnd(host, properties.portToTell(number), mine.fingerprint());
            if (closed) {
                opened.close();
            }
        } catch (DataAccessException e) {
            log.debug("Cannot ask the database for an address at the moment: {}", e.getMessage());
            opening = null; // with the next heartbeat again
        } catch (IOException | GeneralSecurityException e) {
            log.warn(
                    "Other servers cannot hand mail over to this one, they tell it through the database: {}",
                    e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isTrusted(String fingerprint) {
        return trusted.contains(fingerprint);
    }

    /** Returns the address at which other nodes reach this one: that from which the database is reached. */
    private @Nullable String host() throws SocketException {
        @Nullable String given = properties.linkHost();
        if (given != null) {
            return given;
        }
        @Nullable
        String seen = jdbc.sql("select host(inet_client_addr())")
                .query(String.class)
                .optional()
                .orElse(null);
        // Behind a proxy or a NAT the database sees another machine's.
        return seen == null || !isOfThisMachine(seen) ? null : seen;
    }

    private static boolean isOfThisMachine(String host) throws SocketException {
        try {
            InetAddress address = InetAddress.getByName(host);
            // Only 127.0.0.1 is an interface's. Debian lets the machine's name be 127.0.1.1, which others cannot reach.
            boolean isGivenLoopback =
                    address.isLoopbackAddress() && address.getHostAddress().equals(host);
            return isGivenLoopback || NetworkInterface.getByInetAddress(address) != null;
        } catch (UnknownHostException e) {
            // As in a container, which does not know all names that its host knows.
            log.info(
                    "This machine does not know the name in zap.cluster.address, {}: it has to be known to the machines"
                            + " of the other servers",
                    host);
            return false;
        }
    }

    private void received(List<ClientMail> mail) {
        meters.entriesReceived(mail);
        @Nullable MailFromNodes receiver = listener;
        if (receiver != null) {
            receiver.handedOver(mail);
        }
    }

    /** Returns the numbers of the nodes to which there is a link that works. */
    public Set<Long> linked() {
        var numbers = new HashSet<Long>();
        links.forEach((number, link) -> {
            if (link.isConnected()) {
                numbers.add(number);
            }
        });
        return numbers;
    }

    /** Closes all links, and the port. */
    @Override
    public void close() {
        closed = true;
        @Nullable Thread open = opening;
        if (open != null) {
            open.interrupt();
        }
        links.values().forEach(NodeLink::close);
        links.clear();
        @Nullable LinkListener current = port;
        if (current != null) {
            current.close();
        }
    }
}
