package zap.server.cluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import zap.protocol.ClientId;

/**
 * Requests of operators from node to node, through the database: a row that the asked node finds when it looks, and
 * answers. Nodes that cannot reach each other can do that, too, and there is no notice that could be lost.
 */
@Component
public class NodeRequests implements SmartLifecycle {

    /** Maximum time that a node waits for the answer of another one. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Logger log = LoggerFactory.getLogger(NodeRequests.class);

    /** Maximum interval between two looks for requests to this node, while there are other nodes. */
    private static final Duration LOOK_AT_LEAST_EVERY = Duration.ofMillis(500);

    /** Interval between two looks for an answer. */
    private static final Duration LOOK_FOR_ANSWER_EVERY = Duration.ofMillis(50);

    private final RequestTable table;
    private final Nodes nodes;
    private final Duration lookEvery;
    private volatile NodeRequest.@Nullable Handler handler;
    private volatile @Nullable Thread thread;
    private volatile Duration patience = PATIENCE;

    NodeRequests(RequestTable table, Nodes nodes, ClusterProperties properties) {
        this.table = table;
        this.nodes = nodes;
        this.lookEvery = properties.lookEvery().compareTo(LOOK_AT_LEAST_EVERY) < 0
                ? properties.lookEvery()
                : LOOK_AT_LEAST_EVERY;
    }

    /** Sets the handler of requests to this node. It may block; its node answers one request after the other. */
    public void handle(NodeRequest.Handler requestHandler) {
        handler = requestHandler;
    }

    /** Returns the maximum time that a node waits for the answer of another one. */
    public Duration patience() {
        return patience;
    }

    /** Sets that time. For tests, to which some seconds are long. */
    void setPatience(Duration time) {
        patience = time;
    }

    /**
     * Asks other nodes, and waits for their answers for at most {@link #patience}.
     *
     * @param asked the numbers of the nodes
     * @return the answers by node; those of nodes that are silent or leave are missing, and their requests are
     *     withdrawn
     * @throws DataAccessException when the database does not answer
     */
    public Map<Long, String> ask(Collection<Long> asked, NodeRequest request) throws InterruptedException {
        if (asked.isEmpty()) {
            return Map.of();
        }
        long until = System.nanoTime() + patience.toNanos();
        List<Long> ids = new ArrayList<>();
        try {
            for (long node : asked) {
                ids.add(table.ask(node, request));
            }
            Map<Long, String> answers = table.answers(ids);
            while (isAnyMissing(asked, answers) && System.nanoTime() < until) {
                Thread.sleep(LOOK_FOR_ANSWER_EVERY); // the pace of the looks
                answers = table.answers(ids);
            }
            return answers;
        } finally {
            if (!ids.isEmpty()) {
                table.withdraw(ids);
            }
        }
    }

    /** Returns whether an answer is missing. A node that has left meanwhile gives none. */
    private boolean isAnyMissing(Collection<Long> asked, Map<Long, String> answers) {
        return nodes.others().stream()
                .map(Node::number)
                .anyMatch(node -> asked.contains(node) && !answers.containsKey(node));
    }

    @Override
    public void start() {
        thread = Thread.ofVirtual().name("node-requests").start(this::run);
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(lookEvery); // the pace of the looks
                NodeRequest.@Nullable Handler current = handler;
                if (current != null && !nodes.isAlone()) {
                    tryToAnswer(current);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tryToAnswer(NodeRequest.Handler current) {
        try {
            for (RequestTable.Due due : table.due(nodes.number())) {
                answer(due, current);
            }
        } catch (DataAccessException | TransactionException e) {
            log.debug("Could not look for requests of other nodes: {}", e.getMessage());
        }
    }

    private void answer(RequestTable.Due due, NodeRequest.Handler current) {
        try {
            var request = new NodeRequest(new ClientId(due.client()), NodeRequest.Action.valueOf(due.action()));
            if (request.action() != NodeRequest.Action.DESCRIBE) {
                log.info("An operator at another node requests client {}: {}", request.client(), request.action());
            }
            table.answer(due.id(), current.answer(request));
        } catch (IllegalArgumentException e) {
            // The request of a newer node. That one waits in vain, and says so.
            log.debug("A request of another node is not known here: {}", due.action());
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

    /** After the nodes. */
    @Override
    public int getPhase() {
        return nodes.getPhase() + 10;
    }
}
