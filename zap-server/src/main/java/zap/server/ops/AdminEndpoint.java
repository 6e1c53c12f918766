package zap.server.ops;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.stereotype.Component;
import zap.protocol.ClientId;
import zap.server.cluster.NodeActivity;
import zap.server.cluster.NodeState;
import zap.server.cluster.Nodes;
import zap.server.gateway.Gateway;
import zap.server.gateway.OpenSession;
import zap.server.group.Groups;
import zap.server.identity.Identities;
import zap.server.mailbox.Mailbox;
import zap.server.mailbox.MailboxCursor;

/**
 * The operator's view of clients and commands on them: {@code /actuator/clients} and {@code /actuator/clients/ID}, for
 * requests with the token ({@link AdminSecurity}). {@code ./zap admin} uses it. It never shows texts of messages.
 */
@Component
@WebEndpoint(id = "clients")
class AdminEndpoint {

    private static final Logger log = LoggerFactory.getLogger(AdminEndpoint.class);

    /** Time for balancers to notice that a server is not ready: longer than two checks of a second. */
    private static final Duration NOTICE = Duration.ofSeconds(3);

    /** Time in which the clients of a server that is being drained go elsewhere. */
    private static final Duration DRAIN_WITHIN = Duration.ofSeconds(10);

    private final Identities identities;
    private final Groups groups;
    private final Mailbox mailbox;
    private final Gateway gateway;
    private final Erasure erasure;
    private final Nodes nodes;
    private final SessionsElsewhere sessions;
    private final Clock clock;
    private final Instant started;

    AdminEndpoint(
            Identities identities,
            Groups groups,
            Mailbox mailbox,
            Gateway gateway,
            Erasure erasure,
            Nodes nodes,
            SessionsElsewhere sessions,
            Clock clock) {
        this.identities = identities;
        this.groups = groups;
        this.mailbox = mailbox;
        this.gateway = gateway;
        this.erasure = erasure;
        this.nodes = nodes;
        this.sessions = sessions;
        this.clock = clock;
        this.started = clock.instant();
    }

    /**
     * The state of the whole server.
     *
     * @param upSeconds seconds since its start
     * @param clients number of registered clients
     * @param blocked number of clients that may not connect
     * @param groups number of groups
     * @param waiting number of waiting entries in all mailboxes
     * @param connections open connections, by the listener that they came in through
     * @param nodes all servers on its database, and those that count as gone, in the order of their numbers
     * @param draining whether its clients are being sent to another server
     * @param trouble the reason why messages cannot be stored; null when they can
     */
    record Stats(
            long upSeconds,
            long clients,
            long blocked,
            long groups,
            long waiting,
            Map<String, Long> connections,
            List<SeenNode> nodes,
            boolean draining,
            @Nullable String trouble) {}

    /**
     * A server on this database.
     *
     * @param number its number
     * @param name its machine and its process
     * @param servesAt the machine and the port to which its clients connect; null while it accepts none
     * @param version its version of zap; null if it does not tell
     * @param sessions number of clients that are connected to it
     * @param draining whether it sends its clients to other servers
     * @param up time since its start
     * @param silent time since its last heartbeat
     * @param gone whether it counts as gone
     * @param here whether it is the one that answers
     */
    record SeenNode(
            long number,
            String name,
            @Nullable String servesAt,
            @Nullable String version,
            int sessions,
            boolean draining,
            Duration up,
            Duration silent,
            boolean gone,
            boolean here) {

        static SeenNode of(NodeState state, boolean here) {
            NodeActivity activity = state.activity();
            return new SeenNode(
                    state.node().number(),
                    state.node().name(),
                    activity.servesAt(),
                    activity.version(),
                    activity.sessions(),
                    activity.draining(),
                    state.up(),
                    state.silent(),
                    state.gone(),
                    here);
        }
    }

    /**
     * One client.
     *
     * @param registeredAt the time of its registration
     * @param keyed whether it has a key, and must prove its identity
     * @param lastUsed the day of its last session
     * @param blockedAt the time at which it was blocked; null for a client that may connect
     * @param groups number of groups that it is in
     * @param waiting number of entries that wait for it
     * @param confirmed the last position of its mailbox that it has confirmed
     * @param session its open session
     * @param whereabouts the node of its last session
     * @param several whether the server has others on its database
     */
    record Described(
            String id,
            Instant registeredAt,
            boolean keyed,
            LocalDate lastUsed,
            @Nullable Instant blockedAt,
            long groups,
            long waiting,
            long confirmed,
            @Nullable OpenSession session,
            SessionsElsewhere.Whereabouts whereabouts,
            boolean several) {}

    /** An action on the whole server that can be undone. */
    enum ServerAction {
        DRAIN,
        UNDRAIN
    }

    /** An action on a client that can be undone. */
    enum Action {
        DISCONNECT,
        BLOCK,
        UNBLOCK
    }

    /**
     * The result of an action.
     *
     * @param done a sentence for the operator
     */
    record Done(String done) {}

    /**
     * The reason why an action was not executed.
     *
     * @param error a sentence for the operator
     */
    record Problem(String error) {}

    @ReadOperation
    Stats stats() {
        Map<String, Long> connections = new TreeMap<>(gateway.openSessions().stream()
                .collect(Collectors.groupingBy(OpenSession::listener, Collectors.counting())));
        return new Stats(
                Duration.between(started, clock.instant()).toSeconds(),
                identities.count(),
                identities.countBlocked(),
                groups.count(),
                mailbox.waiting(),
                connections,
                seenNodes(),
                gateway.isDraining(),
                mailbox.trouble());
    }

    private List<SeenNode> seenNodes() {
        return Stream.concat(
                        Stream.of(SeenNode.of(nodes.state(), true)),
                        nodes.otherStates().stream().map(state -> SeenNode.of(state, false)))
                .sorted(Comparator.comparingLong(SeenNode::number))
                .toList();
    }

    @WriteOperation
    WebEndpointResponse<?> act(ServerAction action) {
        log.info("An operator requests: {}", action);
        return switch (action) {
            case DRAIN -> {
                if (nodes.others().isEmpty()) {
                    yield new WebEndpointResponse<>(
                            new Problem(
                                    "There is no other server on this database, so its clients could go nowhere. Stop the server instead."),
                            WebEndpointResponse.STATUS_BAD_REQUEST);
                }
                int count = gateway.drain(NOTICE, DRAIN_WITHIN.minus(NOTICE));
                yield done("New connections are refused, and %s sessions are closed within %s s."
                        .formatted(count, DRAIN_WITHIN.toSeconds()));
            }
            case UNDRAIN ->
                done(gateway.endDrain() ? "New connections are accepted." : "The server was not being drained.");
        };
    }

    @ReadOperation
    WebEndpointResponse<?> client(@Selector String id) throws InterruptedException {
        @Nullable ClientId client = parse(id);
        if (client == null) {
            return noNumber(id);
        }
        Optional<MailboxCursor> cursor = mailbox.cursorOf(client);
        SessionsElsewhere.Found session = sessions.find(client);
        return identities
                .find(client)
                .flatMap(found -> cursor.map(at -> new Described(
                        client.toString(),
                        found.at(),
                        found.keyed(),
                        found.lastUsed(),
                        found.blockedAt(),
                        groups.countWith(client),
                        at.tail() - at.given(),
                        at.given(),
                        session.session(),
                        session.whereabouts(),
                        !nodes.isAlone())))
                .<WebEndpointResponse<?>>map(WebEndpointResponse::new)
                .orElseGet(() -> unknown(client));
    }

    @WriteOperation
    WebEndpointResponse<?> act(@Selector String id, Action action) throws InterruptedException {
        @Nullable ClientId client = parse(id);
        if (client == null) {
            return noNumber(id);
        }
        log.info("An operator requests client {}: {}", client, action);
        return switch (action) {
            case DISCONNECT -> disconnect(client);
            case BLOCK -> block(client);
            case UNBLOCK -> identities.unblock(client) ? done("It may connect.") : unknown(client);
        };
    }

    private WebEndpointResponse<?> disconnect(ClientId client) throws InterruptedException {
        if (identities.find(client).isEmpty()) {
            // A session that still is here belongs to a client that was just deleted.
            gateway.disconnect(client);
            return unknown(client);
        }
        SessionsElsewhere.Closed closed = sessions.disconnect(client);
        return done(
                switch (closed.closing()) {
                    case CLOSED -> "Its session%s was closed.".formatted(there(closed.whereabouts()));
                    case NONE -> "It has no session.";
                    case FENCED -> fenced(closed.whereabouts());
                });
    }

    private WebEndpointResponse<?> block(ClientId client) throws InterruptedException {
        if (!identities.block(client)) {
            return unknown(client);
        }
        SessionsElsewhere.Closed closed = sessions.disconnectBlocked(client);
        return done(
                switch (closed.closing()) {
                    case CLOSED ->
                        "It is blocked, and its session%s was closed.".formatted(there(closed.whereabouts()));
                    case NONE -> "It is blocked.";
                    case FENCED -> "It is blocked. " + fenced(closed.whereabouts());
                });
    }

    private static String there(SessionsElsewhere.Whereabouts whereabouts) {
        return whereabouts.where() == SessionsElsewhere.Where.ELSEWHERE ? " on " + whereabouts.name() : "";
    }

    /** Describes a session that could not be closed, and is fenced. */
    private String fenced(SessionsElsewhere.Whereabouts whereabouts) {
        return (whereabouts.where() == SessionsElsewhere.Where.SILENT
                        ? "There was no answer from %s within %s s."
                                .formatted(
                                        whereabouts.name(), sessions.patience().toSeconds())
                        : "Its last session was on %s, which counts as gone.".formatted(whereabouts.name()))
                + " If there still is a session, it is fenced: what it confirms does not count any more, nor what an"
                + " assured client sends in it. The node closes it when it reaches the database again.";
    }

    @DeleteOperation
    WebEndpointResponse<?> forget(@Selector String id) throws InterruptedException {
        @Nullable ClientId client = parse(id);
        if (client == null) {
            return noNumber(id);
        }
        log.info("An operator requests client {}: FORGET", client);
        return switch (erasure.forget(client)) {
            case FORGOTTEN -> done("It is forgotten.");
            case UNKNOWN -> unknown(client);
            case IN_USE, CHANGED -> throw new IllegalStateException("An unconditional deletion was refused");
        };
    }

    private WebEndpointResponse<?> unknown(ClientId client) {
        String error = identities.isForgotten(client)
                ? "Client " + client + " was forgotten."
                : "No client has the number " + client + ".";
        return new WebEndpointResponse<>(new Problem(error), WebEndpointResponse.STATUS_NOT_FOUND);
    }

    private static WebEndpointResponse<?> noNumber(String id) {
        return new WebEndpointResponse<>(
                new Problem("\"" + id + "\" is not a client's number: it has 13 digits, and begins with 1."),
                WebEndpointResponse.STATUS_BAD_REQUEST);
    }

    private static WebEndpointResponse<?> done(String what) {
        return new WebEndpointResponse<>(new Done(what));
    }

    private static @Nullable ClientId parse(String id) {
        return id.matches("1[0-9]{12}") ? new ClientId(Long.parseLong(id)) : null;
    }
}
