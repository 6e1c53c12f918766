package zap.server.cluster;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import zap.server.database.CannotUseDatabaseException;
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

    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(1);
    private static final Duration STOP_WITHIN = Duration.ofSeconds(2);

    private final long startedNanos = System.nanoTime();
    private final NodeTable table;
    private final Mailbox mailbox;
    private final Links links;
    private final ClusterProperties properties;
    private final ConfigurableApplicationContext context;
    private final String name = nameOfThisProcess();
    private final Acquaintances acquaintances;

    private volatile Supplier<NodeActivity> activity = () -> NodeActivity.NONE;
    private volatile Sight sight;
    private volatile @Nullable Thread thread;
    private volatile boolean stopping;
    /** Belongs to the heartbeat's thread. */
    private boolean failing;
    /** Time of the last successful heartbeat; null before the first one. Belongs to the heartbeat's thread. */
    private @Nullable Long lastBeatNanos;

    /**
     * The nodes at a heartbeat.
     *
     * @param others the other nodes, those that count as gone included
     * @param nanos {@link System#nanoTime()} when the database was asked for them
     */
    private record Sight(List<NodeState> others, long nanos) {}

    Nodes(
            NodeTable table,
            Mailbox mailbox,
            Links links,
            ClusterProperties properties,
            ConfigurableApplicationContext context,
            ClusterMeters meters) {
        this.table = table;
        this.mailbox = mailbox;
        this.links = links;
        this.properties = properties;
        this.context = context;
        this.acquaintances = new Acquaintances(properties.goneAfter());
        this.sight = new Sight(List.of(), startedNanos);
        meters.watch(this, links, mailbox);
    }

    /** Returns the number of this node. */
    public long number() {
        return mailbox.node();
    }

    /** Returns this node. */
    public Node thisNode() {
        return new Node(number(), name, links.end());
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
     * Asks the database for other nodes, because one may have joined since the last heartbeat. Blocks for a bounded
     * time.
     */
    public boolean hasOthersNow() {
        if (!others().isEmpty()) {
            return true;
        }
        return CompletableFuture.supplyAsync(
                        () -> table.beat(thisNode(), activity.get(), properties.goneAfter()),
                        Thread::startVirtualThread)
                .handle((others, failure) -> failure == null && !alive(others).isEmpty())
                .completeOnTimeout(false, ANSWER_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
                .join();
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
        lastBeatNanos = null;
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
            } catch (CannotUseDatabaseException e) {
                log.error("This server had no heartbeat for a while, and has to stop: {}", e.getMessage());
                Thread.ofPlatform().name("outdated").start(context::close);
                return;
            }
        }
    }

    private void beat() {
        // From before the question: an answer that took long is as old as its question.
        long asked = System.nanoTime();
        List<NodeState> states = isGone(asked)
                ? table.join(thisNode(), activity.get(), properties.goneAfter())
                : table.beat(thisNode(), activity.get(), properties.goneAfter());
        lastBeatNanos = asked;
        sight = new Sight(states, asked);
        acquaintances.seen(alive(states), asked);
        mailbox.share(isAlone() ? null : links);
        links.follow(others());
    }

    private static List<Node> alive(List<NodeState> states) {
        return states.stream()
                .filter(state -> !state.gone())
                .map(NodeState::node)
                .toList();
    }

    /** Returns whether the others do not know this node, or count it as gone. */
    private boolean isGone(long nowNanos) {
        @Nullable Long last = lastBeatNanos;
        return last == null || nowNanos - last > properties.goneAfter().toNanos();
    }

    private void tellOfChanges(List<Node> before) {
        List<Node> joined = without(others(), before);
        List<Node> left = without(before, others());
        if (!joined.isEmpty()) {
            log.info("Another server has joined on this database: {}", listed(joined));
        }
        if (!left.isEmpty()) {
            log.info("A server has left this database: {}", listed(left));
        }
    }

    private static List<Node> without(List<Node> some, List<Node> others) {
        Set<Long> numbers = others.stream().map(Node::number).collect(Collectors.toSet());
        return some.stream().filter(node -> !numbers.contains(node.number())).toList();
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
            // A commit may wait for a standby that is away, and a server that is to stop must not wait with it.
            Thread.startVirtualThread(this::leave).join(STOP_WITHIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void leave() {
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
