package zap.server.ops;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import zap.protocol.ClientId;
import zap.server.cluster.Node;
import zap.server.cluster.NodeRequest;
import zap.server.cluster.NodeRequests;
import zap.server.cluster.NodeState;
import zap.server.cluster.Nodes;
import zap.server.gateway.Gateway;
import zap.server.gateway.OpenSession;
import zap.server.identity.Identities;
import zap.server.mailbox.Mailbox;
import zap.server.mailbox.SessionPlace;

/**
 * The sessions of clients, whichever node they are on, for operators. The client's row says on which node its last
 * session began; that node is asked for what only it knows, and closes the session. If it does not answer, the session
 * is fenced in the database.
 */
@Component
class SessionsElsewhere {

    private static final Logger log = LoggerFactory.getLogger(SessionsElsewhere.class);

    /** The answer of a node on which the client has no session. */
    private static final String NONE = "none";

    /** Maximum number of nodes that are asked one after the other, for a client that moves meanwhile. */
    private static final int ATTEMPTS = 3;

    private final Nodes nodes;
    private final NodeRequests requests;
    private final Mailbox mailbox;
    private final Gateway gateway;
    private final Identities identities;
    private final JsonMapper json = JsonMapper.builder().build();

    SessionsElsewhere(Nodes nodes, NodeRequests requests, Mailbox mailbox, Gateway gateway, Identities identities) {
        this.nodes = nodes;
        this.requests = requests;
        this.mailbox = mailbox;
        this.gateway = gateway;
        this.identities = identities;
        requests.handle(this::answer);
    }

    /** The relation of a client's last session to the node that is asked. */
    enum Where {
        /** It began on the node that is asked. */
        HERE,
        /** It began on another node, which has answered. */
        ELSEWHERE,
        /** It began on another node, which has not answered. */
        SILENT,
        /** It began on a node that counts as gone. */
        GONE,
        /** The client has had none, or an operator has ended it. */
        NOWHERE
    }

    /**
     * The node of a client's last session.
     *
     * @param node its number; 0 for no node
     * @param name its number and its machine, in words
     * @param servesAt the machine and the port to which its clients connect
     */
    record Whereabouts(
            Where where, long node, String name, @Nullable String servesAt) {}

    /** A client's session, if it has one, and the node of its last one. */
    record Found(@Nullable OpenSession session, Whereabouts whereabouts) {}

    /** The outcome of an attempt to close a client's session. */
    enum Closing {
        /** It was closed. */
        CLOSED,
        /** There was none. */
        NONE,
        /** Its node counts as gone, or has not answered, and the session is fenced. */
        FENCED
    }

    /**
     * A client's session that was to be closed.
     *
     * @param whereabouts its node
     */
    record Closed(Closing closing, Whereabouts whereabouts) {}

    /** Returns the maximum time that this node waits for another one. */
    Duration patience() {
        return requests.patience();
    }

    /** Executes a request of another node. */
    private String answer(NodeRequest request) {
        ClientId client = request.client();
        Optional<OpenSession> session = gateway.sessionOf(client);
        switch (request.action()) {
            case DESCRIBE -> {}
            case DISCONNECT -> gateway.disconnect(client);
            case DISCONNECT_BLOCKED -> {
                identities.blockedElsewhere(client);
                gateway.disconnectBlocked(client);
            }
        }
        return session.map(json::writeValueAsString).orElse(NONE);
    }

    /** Finds a client's session. Waits for the node that it is on, for a bounded time. */
    Found find(ClientId client) throws InterruptedException {
        SessionPlace place = mailbox.placeOf(client).orElse(new SessionPlace(0, SessionPlace.NO_NODE));
        @Nullable OpenSession here = gateway.sessionOf(client).orElse(null);
        Whereabouts whereabouts = whereabouts(place);
        if (whereabouts.where != Where.ELSEWHERE) {
            return new Found(here, whereabouts);
        }
        Map<Long, String> answers = ask(List.of(place.node()), client, NodeRequest.Action.DESCRIBE);
        @Nullable String answer = answers.get(place.node());
        if (answer == null) {
            return new Found(null, silent(whereabouts));
        }
        @Nullable OpenSession there = session(answer);
        return new Found(there == null ? here : there, whereabouts);
    }

    /** Closes a client's session, on whatever node it is. Waits for that node, for a bounded time. */
    Closed disconnect(ClientId client) throws InterruptedException {
        boolean here = gateway.disconnect(client);
        for (int attempt = 1; ; attempt++) {
            SessionPlace place = mailbox.placeOf(client).orElse(new SessionPlace(0, SessionPlace.NO_NODE));
            Whereabouts whereabouts = whereabouts(place);
            if (whereabouts.where == Where.HERE || whereabouts.where == Where.NOWHERE) {
                boolean closed = here || gateway.disconnect(client);
                return new Closed(closed ? Closing.CLOSED : Closing.NONE, whereabouts);
            }
            Closed closed = close(client, place, whereabouts);
            boolean moved =
                    closed.closing == Closing.NONE && !mailbox.placeOf(client).equals(Optional.of(place));
            if (!moved || attempt == ATTEMPTS) {
                return closed;
            }
        }
    }

    /** Closes the sessions of a client that has just been blocked, on all nodes. */
    Closed disconnectBlocked(ClientId client) throws InterruptedException {
        boolean here = gateway.disconnectBlocked(client);
        SessionPlace place = mailbox.placeOf(client).orElse(new SessionPlace(0, SessionPlace.NO_NODE));
        Whereabouts whereabouts = whereabouts(place);
        // All of them: a session may be about to begin on any.
        List<Long> others = nodes.others().stream().map(Node::number).toList();
        Map<Long, String> answers = ask(others, client, NodeRequest.Action.DISCONNECT_BLOCKED);
        boolean closed = here || answers.values().stream().anyMatch(answer -> session(answer) != null);
        boolean isMissing = whereabouts.where == Where.GONE
                || (whereabouts.where == Where.ELSEWHERE && !answers.containsKey(place.node()));
        if (!closed && isMissing && mailbox.endSession(client, place)) {
            return new Closed(Closing.FENCED, whereabouts.where == Where.GONE ? whereabouts : silent(whereabouts));
        }
        return new Closed(closed ? Closing.CLOSED : Closing.NONE, whereabouts);
    }

    private Closed close(ClientId client, SessionPlace place, Whereabouts whereabouts) throws InterruptedException {
        Whereabouts then = whereabouts;
        if (whereabouts.where == Where.ELSEWHERE) {
            @Nullable
            String answer = ask(List.of(place.node()), client, NodeRequest.Action.DISCONNECT)
                    .get(place.node());
            if (answer != null) {
                return new Closed(session(answer) == null ? Closing.NONE : Closing.CLOSED, whereabouts);
            }
            then = silent(whereabouts);
        }
        boolean ended = mailbox.endSession(client, place);
        // A server that has long been alone need not be bothered with the nodes that it once was.
        return new Closed(ended && !nodes.isAlone() ? Closing.FENCED : Closing.NONE, then);
    }

    private static Whereabouts silent(Whereabouts asked) {
        return new Whereabouts(Where.SILENT, asked.node, asked.name, asked.servesAt);
    }

    private Map<Long, String> ask(List<Long> asked, ClientId client, NodeRequest.Action action)
            throws InterruptedException {
        return requests.ask(asked, new NodeRequest(client, action));
    }

    private Whereabouts whereabouts(SessionPlace place) {
        if (place.isNowhere()) {
            return new Whereabouts(Where.NOWHERE, SessionPlace.NO_NODE, "no node", null);
        }
        if (place.node() == nodes.number()) {
            return of(Where.HERE, nodes.state());
        }
        return nodes.otherStates().stream()
                .filter(state -> state.node().number() == place.node())
                .findFirst()
                .map(state -> of(state.gone() ? Where.GONE : Where.ELSEWHERE, state))
                .orElseGet(() -> new Whereabouts(Where.GONE, place.node(), "node " + place.node(), null));
    }

    private static Whereabouts of(Where where, NodeState state) {
        return new Whereabouts(
                where,
                state.node().number(),
                state.node().toString(),
                state.activity().servesAt());
    }

    /** Returns the session in another node's answer; null if it had none. */
    private @Nullable OpenSession session(String answer) {
        if (answer.equals(NONE)) {
            return null;
        }
        try {
            return json.readValue(answer, OpenSession.class);
        } catch (JacksonException e) {
            // That of a node of another version: there was one, and this is all that is understood of it.
            log.debug("The answer of another node is not understood: {}", e.getMessage());
            return new OpenSession(0, "?", "?", Duration.ZERO, false, 0);
        }
    }
}
