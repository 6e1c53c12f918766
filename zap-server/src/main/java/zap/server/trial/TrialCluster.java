package zap.server.trial;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import zap.server.database.CannotUseDatabaseException;
import zap.server.database.Loopback;
import zap.server.database.PostgresPair;
import zap.server.database.PostgresPair.Role;
import zap.server.trial.ClusterRequest.DatabaseMember;
import zap.server.trial.ClusterRequest.Member;
import zap.server.trial.ClusterRequest.NodeMember;
import zap.server.trial.ClusterRequest.WrongRequestException;
import zap.server.trial.ControlPort.Answer;

/**
 * A primary, its standby, and the nodes that use them. What ends is reported, and started again only when a person asks
 * for it.
 *
 * <p>Started and watched by one thread; commands and the stop come from others.
 */
final class TrialCluster {

    /** Exit codes, as in sysexits.h. */
    static final int OK = 0;

    static final int USAGE = 64;
    static final int UNAVAILABLE = 69;

    /** Distance of the first ports of two nodes: the last digit of a port says what it is for. */
    private static final int BLOCK = 10;

    /** Number of blocks that are tried. */
    private static final int MOST_BLOCKS = 100;

    private static final Duration READY_WITHIN = Duration.ofMinutes(5);
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

    private final PostgresPair databases;
    private final Clock clock;
    private final PrintStream out;
    private final List<String> server;
    private final List<TrialNode> nodes = new ArrayList<>();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private List<String> properties = List.of();

    /** The processes that ran at the last look, by what they are called. */
    private Map<String, Long> running = Map.of();

    private boolean stopped;

    /** The cluster cannot be started. The message is for the person who called. */
    static final class CannotStartException extends Exception {

        private static final long serialVersionUID = 1;

        CannotStartException(String message) {
            super(message, null, false, false);
        }
    }

    /**
     * Takes the folder, and starts nothing.
     *
     * @param server the command of a server, without its properties
     * @throws CannotUseDatabaseException when another cluster has the folder
     */
    TrialCluster(Path folder, Clock clock, PrintStream out, List<String> server) {
        this.databases = PostgresPair.open(folder, "zap cluster", clock);
        this.clock = clock;
        this.out = out;
        this.server = server;
    }

    /** Returns the folder. */
    Path folder() {
        return databases.folder();
    }

    boolean isStopping() {
        return stopping.getCount() == 0;
    }

    /** Starts all of it, and returns when clients can connect. */
    synchronized void start(ClusterRequest.Start request)
            throws CannotStartException, IOException, InterruptedException {
        endLeftovers();
        out.println("Starting a primary and its standby, and " + nodes(request.nodes()) + ". Data: " + folder());
        databases.start();
        properties = request.properties();
        String address = Loopback.address().orElseThrow();
        List<Integer> ports = freeBlocks(address, request.firstPort(), request.nodes());
        for (int index = 0; index < request.nodes(); index++) {
            nodes.add(new TrialNode(ClusterRequest.nameOf(index), folder(), address, ports.get(index)));
        }
        for (TrialNode node : nodes) {
            launch(node);
        }
        for (TrialNode node : nodes) {
            awaitReady(node);
        }
        running = processes();
        screen(request.firstPort()).forEach(out::println);
    }

    /** Ends the nodes of a cluster that was killed. Its databases are found by their own start. */
    private void endLeftovers() throws IOException {
        Map<String, ProcessHandle> left = TrialNode.leftIn(folder());
        if (!left.isEmpty()) {
            out.println("A cluster that was killed has left " + String.join(", ", left.keySet())
                    + " running. They are stopped first.");
            TrialNode.end(List.copyOf(left.values()));
        }
    }

    private void launch(TrialNode node) throws IOException {
        node.launch(
                server,
                properties,
                Map.of(
                        "ZAP_DATABASE_URL",
                        databases.url(),
                        "ZAP_DATABASE_USER",
                        databases.user(),
                        "ZAP_DATABASE_PASSWORD",
                        databases.password(),
                        "ZAP_ADMIN_TOKEN",
                        databases.adminToken()));
    }

    private void awaitReady(TrialNode node) throws CannotStartException, IOException, InterruptedException {
        long end = System.nanoTime() + READY_WITHIN.toNanos();
        while (!node.isReady()) {
            if (isStopping()) {
                throw new CannotStartException("The start was interrupted.");
            }
            if (!node.isRunning() || System.nanoTime() > end) {
                throw new CannotStartException("Node " + node.name() + " does not start. The end of its log, "
                        + node.log() + ":\n\n" + node.lastLines());
            }
            Thread.sleep(50); // between two looks
        }
    }

    /**
     * Returns the first ports of free blocks.
     *
     * @param least the first port of the first block that is tried
     */
    static List<Integer> freeBlocks(String address, int least, int count) throws CannotStartException {
        List<Integer> free = IntStream.range(0, MOST_BLOCKS)
                .map(block -> least + block * BLOCK)
                .filter(first -> first + TrialNode.PORTS <= ClusterRequest.MOST_PORT)
                .filter(first ->
                        IntStream.range(first, first + TrialNode.PORTS).allMatch(port -> isFree(address, port)))
                .limit(count)
                .boxed()
                .toList();
        if (free.size() < count) {
            throw new CannotStartException("There are not enough free ports for " + nodes(count) + " from " + least
                    + " on. Choose others with --port PORT, or see what uses them: ss -ltnp");
        }
        return free;
    }

    private static boolean isFree(String address, int port) {
        try (var _ = new ServerSocket(port, 1, InetAddress.ofLiteral(address))) {
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    private static String nodes(int count) {
        return count == 1 ? "1 node" : count + " nodes";
    }

    /** Reports what ends and what is started again, until the cluster is stopped. */
    void watch() throws InterruptedException {
        while (!stopping.await(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
            look();
        }
    }

    private synchronized void look() {
        Map<String, Long> now = processes();
        running.forEach((name, pid) -> {
            if (!now.containsKey(name) && !isStopping()) {
                say(name + " (pid " + pid + ") has ended.");
            }
        });
        now.forEach((name, pid) -> {
            if (!pid.equals(running.get(name))) {
                say(name + " runs (pid " + pid + ").");
            }
        });
        running = now;
    }

    private Map<String, Long> processes() {
        var processes = new TreeMap<String, Long>();
        nodes.stream().filter(TrialNode::isRunning).forEach(node -> processes.put("node " + node.name(), pid(node)));
        databases.pids().forEach(processes::put);
        return processes;
    }

    private static long pid(TrialNode node) {
        return node.process().map(Process::pid).orElseThrow();
    }

    private void say(String text) {
        out.println(LocalTime.now(clock).format(TIME) + "  " + text);
    }

    /** Stops all: the nodes first, then the primary, then the standby. A later call does nothing. */
    void stop() {
        stopping.countDown();
        databases.cancel();
        synchronized (this) {
            if (stopped) {
                return;
            }
            stopped = true;
            out.println();
            out.println("Stopping the nodes, then the databases.");
            TrialNode.stop(nodes);
            databases.close();
            out.println("Stopped. ./zap cluster starts again with the same data.");
            out.flush();
        }
    }

    /** Executes a command of another process. */
    Answer execute(List<String> words) {
        try {
            return execute(ClusterRequest.parse(words));
        } catch (WrongRequestException e) {
            return new Answer(USAGE, e.getMessage() + "\n");
        } catch (CannotUseDatabaseException e) {
            return new Answer(UNAVAILABLE, (e.getMessage() + " " + e.advice()).strip() + "\n");
        } catch (CannotStartException | IOException e) {
            return new Answer(UNAVAILABLE, e.getMessage() + "\n");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Answer(UNAVAILABLE, "The cluster is stopping.\n");
        }
    }

    private synchronized Answer execute(ClusterRequest request)
            throws WrongRequestException, CannotStartException, IOException, InterruptedException {
        if (isStopping()) {
            return new Answer(UNAVAILABLE, "The cluster is stopping.\n");
        }
        return switch (request) {
            case ClusterRequest.Kill(Member member) -> kill(member);
            case ClusterRequest.StartAgain(Member member) -> startAgain(member);
            case ClusterRequest.Promote _ -> promote();
            case ClusterRequest.ShowStatus _ -> new Answer(OK, String.join("\n", table()) + "\n");
            case ClusterRequest.Start _, ClusterRequest.Help _ ->
                new Answer(USAGE, "A cluster runs already. See ./zap cluster status\n");
        };
    }

    private Answer kill(Member member) throws WrongRequestException, InterruptedException {
        return switch (member) {
            case NodeMember(String name) -> kill(node(name));
            case DatabaseMember(Role role) -> kill(role);
        };
    }

    private static Answer kill(TrialNode node) throws InterruptedException {
        if (!node.isRunning()) {
            return doesNotRun("Node " + node.name());
        }
        node.kill();
        return new Answer(
                OK,
                "Killed: node %s (pid %s). Its clients go to another node.\n./zap cluster start %s starts it again.\n"
                        .formatted(node.name(), pid(node), node.name()));
    }

    private Answer kill(Role role) {
        Optional<Long> pid = databases.kill(role);
        String name = nameOf(role);
        if (pid.isEmpty()) {
            return doesNotRun("The " + name);
        }
        String effect = switch (role) {
            case PRIMARY ->
                "Messages wait.\n./zap cluster promote makes the standby the primary;"
                        + " ./zap cluster start primary starts this one again.\n";
            case STANDBY ->
                "Messages wait, because each commit is on both.\n./zap cluster start standby starts it again.\n";
        };
        return new Answer(OK, "Killed: the %s (pid %s). %s".formatted(name, pid.get(), effect));
    }

    private static Answer doesNotRun(String name) {
        return new Answer(UNAVAILABLE, name + " does not run. See ./zap cluster status\n");
    }

    private static String nameOf(Role role) {
        return role.name().toLowerCase(Locale.ROOT);
    }

    private Answer startAgain(Member member)
            throws WrongRequestException, CannotStartException, IOException, InterruptedException {
        String name = switch (member) {
            case NodeMember(String letter) -> "node " + letter;
            case DatabaseMember(Role role) -> "the " + nameOf(role);
        };
        boolean started = switch (member) {
            case NodeMember(String letter) -> startAgain(node(letter));
            case DatabaseMember(Role role) -> databases.start(role);
        };
        return started
                ? new Answer(OK, "Started: " + name + ".\n" + String.join("\n", table()) + "\n")
                : new Answer(UNAVAILABLE, "It runs already: " + name + ". See ./zap cluster status\n");
    }

    private boolean startAgain(TrialNode node) throws CannotStartException, IOException, InterruptedException {
        if (node.isRunning()) {
            return false;
        }
        launch(node);
        awaitReady(node);
        return true;
    }

    private Answer promote() {
        databases.promote();
        String primary = databases.status().getFirst().name();
        say(primary + " is the primary now.");
        return new Answer(
                OK,
                primary + " is the primary now, and has all that was confirmed. Messages go on.\n"
                        + "There is no standby: ./zap cluster start standby makes one of the old primary.\n");
    }

    private TrialNode node(String name) throws WrongRequestException {
        return nodes.stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new WrongRequestException("There is no node " + name + ". The nodes are "
                        + nodes.stream().map(TrialNode::name).collect(Collectors.joining(", ")) + "."));
    }

    /** Returns what runs where. */
    private List<String> table() {
        var lines = new ArrayList<String>();
        for (TrialNode node : nodes) {
            lines.add("  %-9s localhost:%-6s recv %-6s operators %-6s %s"
                    .formatted(
                            "node " + node.name(),
                            node.port(),
                            node.recvPort(),
                            node.operatorsPort(),
                            node.isRunning() ? "pid " + pid(node) : "ended"));
        }
        for (PostgresPair.Status database : databases.status()) {
            lines.add("  %-9s %-16s %s, %s%s"
                    .formatted(
                            nameOf(database.role()),
                            database.address(),
                            database.name(),
                            database.state(),
                            database.pid().map(pid -> ", pid " + pid).orElse("")));
        }
        return lines;
    }

    private List<String> screen(int firstPort) {
        var lines = new ArrayList<String>();
        lines.add("");
        lines.add("A zap cluster of " + nodes(nodes.size()) + " is ready");
        if (nodes.getFirst().port() != firstPort) {
            lines.add("(another program uses a port from " + firstPort + " on, so the nodes have others)");
        }
        lines.add("");
        lines.addAll(table());
        lines.add("");
        lines.add("  Connect:  ./zap shell --profile ana --server " + servers(0));
        lines.add("            ./zap shell --profile bob --server " + servers(1));
        lines.add("  Try, in another terminal, while they talk:");
        lines.add("            ./zap cluster kill a          its clients go to another node; start a starts it again");
        lines.add("            ./zap cluster kill primary    messages wait, and none is lost");
        lines.add("            ./zap cluster promote         the standby takes over, and messages go on");
        lines.add("            ./zap cluster start standby   the old primary becomes the new standby");
        lines.add("            ./zap cluster status          the lines above, as they are then");
        lines.add("  Admin:    ZAP_DATA=" + folder() + " ./zap admin --server http://127.0.0.1:"
                + nodes.getFirst().operatorsPort() + " nodes");
        lines.add("  Logs:     " + folder() + "/node-a/server.log, …");
        lines.add("  Stop:     Ctrl-C");
        lines.add("");
        return lines;
    }

    /** Returns the value of {@code --server} for a client that begins at this node. */
    private String servers(int first) {
        return IntStream.range(0, nodes.size())
                .mapToObj(i ->
                        "localhost:" + nodes.get((first + i) % nodes.size()).port())
                .collect(Collectors.joining(","));
    }
}
