package zap.server.cluster;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import zap.server.mailbox.Mailbox;

/**
 * The heartbeat of this node, and the other nodes that have one.
 *
 * <p>A node that has been paused, or cut off from the database, learns here that it was: {@link #isCutOff}. What it
 * still stores for a client that has gone elsewhere has no effect, because the number of the client's session is
 * compared in the database.
 */
@Component
public class Nodes implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(Nodes.class);

    private static final Duration STOP_WITHIN = Duration.ofSeconds(2);

    private final long startedNanos = System.nanoTime();
    private final NodeTable table;
    private final Mailbox mailbox;
    private final Wakes wakes;
    private final ClusterProperties properties;
    private final String name = nameOfThisProcess();
    private final Acquaintances acquaintances;

    private volatile Supplier<NodeActivity> activity = () -> NodeActivity.NONE;
    private volatile Sight sight;
    private volatile @Nullable Thread thread;
    private volatile boolean stopping;
    /** Belongs to the heartbeat's thread. */
    private boolean failing;

    /**
     * The nodes at a heartbeat.
     *
     * @param others the other nodes, those that count as gone included
     * @param nanos {@link System#nanoTime()} when the database was asked for them
     */
    private record Sight(List<NodeState> others, long nanos) {}

    Nodes(NodeTable table, Mailbox mailbox, Wakes wakes, ClusterProperties properties, ClusterMeters meters) {
        this.table = table;
        this.mailbox = mailbox;
        this.wakes = wakes;
        this.properties = properties;
        this.acquaintances = new Acquaintances(properties.goneAfter());
        this.sight = new Sight(List.of(), startedNanos);
        meters.watch(this, mailbox);
    }

    /** Returns the number of this node. */
    public long number() {
        return mailbox.node();
    }

    /** Returns this node. */
    public Node thisNode() {
        return new Node(number(), name);
    }

    /**
     * Sets the source of this node's activity, which its heartbeats report.
     *
     * @param source must not block
     */
    public void reportActivity(Supplier<NodeActivity> source) {
        activity = source;
    }

    /** Returns the other nodes, as the last heartbeat saw them. */
    public List<Node> others() {
        return acquaintances.others();
    }

    /** Returns the state of this node, as it is now. */
    public NodeState state() {
        long now = System.nanoTime();
        return new NodeState(
                thisNode(),
                activity.get(),
                Duration.ofNanos(now - startedNanos),
                Duration.ofNanos(now - sight.nanos),
                isCutOff());
    }

    /**
     * Returns the states of the other nodes, as the last heartbeat saw them. A node that was killed stays among them
     * for a day.
     */
    public List<NodeState> otherStates() {
        Sight last = sight;
        Duration since = Duration.ofNanos(System.nanoTime() - last.nanos);
        return last.others.stream().map(state -> state.later(since)).toList();
    }

    /**
     * Returns whether no other node can have stored anything lately: none has had a heartbeat for twice the time after
     * which it counts as gone.
     */
    public boolean isAlone() {
        return acquaintances.isAlone(System.nanoTime());
    }

    /**
     * Returns whether this node has not reached the database for so long that the others count it as gone. Never true
     * for a node that is alone: its clients can go nowhere else.
     */
    public boolean isCutOff() {
        return acquaintances.isCutOff(System.nanoTime());
    }

    private static String nameOfThisProcess() {
        String process = "process " + ProcessHandle.current().pid();
        try {
            return InetAddress.getLocalHost().getHostName() + ", " + process;
        } catch (UnknownHostException e) {
            return process;
        }
    }

    /** Makes this node known. Fails when the database does not answer. */
    @Override
    public void start() {
        stopping = false;
        beat();
        if (!others().isEmpty()) {
            log.info(
                    "This server is node {}. It shares its database with {}: clients may connect to any of them",
                    number(),
                    listed(others()));
        }
        thread = Thread.ofPlatform().daemon().name("heartbeat").start(this::run);
    }

    private void run() {
        while (!stopping) {
            try {
                Thread.sleep(properties.heartbeat()); // the pace of the heartbeat
                List<Node> before = others();
                beat();
                if (failing) {
                    failing = false;
                    log.info("The heartbeat of node {} is back", number());
                }
                tellOfChanges(before);
            } catch (InterruptedException e) {
                return;
            } catch (DataAccessException | TransactionException e) {
                if (!failing) {
                    failing = true;
                    log.warn("No heartbeat, the database does not answer: {}", e.getMessage());
                }
            }
        }
    }

    private void beat() {
        // From before the question: an answer that took long is as old as its question.
        long asked = System.nanoTime();
        List<NodeState> states = table.beat(thisNode(), activity.get(), properties.goneAfter());
        sight = new Sight(states, asked);
        acquaintances.seen(
                states.stream()
                        .filter(state -> !state.gone())
                        .map(NodeState::node)
                        .toList(),
                asked);
        mailbox.share(isAlone() ? null : wakes);
    }

    private void tellOfChanges(List<Node> before) {
        List<Node> joined = new ArrayList<>(others());
        joined.removeAll(before);
        List<Node> left = new ArrayList<>(before);
        left.removeAll(others());
        if (!joined.isEmpty()) {
            log.info("Another server has joined on this database: {}", listed(joined));
        }
        if (!left.isEmpty()) {
            log.info("A server has left this database: {}", listed(left));
        }
    }

    private static String listed(List<Node> nodes) {
        return String.join(", ", nodes.stream().map(Node::toString).toList());
    }

    @Override
    public void stop() {
        stopping = true;
        @Nullable Thread current = thread;
        thread = null;
        if (current == null) {
            return;
        }
        current.interrupt();
        try {
            current.join(STOP_WITHIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            table.leave(number());
        } catch (DataAccessException | TransactionException e) {
            log.debug("A row is left in table node, until it counts as gone: {}", e.getMessage());
        }
    }

    @Override
    public boolean isRunning() {
        return thread != null;
    }

    /** After the mailbox, which gives this node its number. */
    @Override
    public int getPhase() {
        return Mailbox.PHASE + 10;
    }
}
