package zap.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import zap.bench.load.Latency;
import zap.bench.load.LoadPlan;
import zap.bench.load.Mode;
import zap.bench.load.Progress;
import zap.bench.load.Target;
import zap.bench.load.Throughput;
import zap.bench.machine.CpuMeter;
import zap.bench.machine.Processes;
import zap.bench.machine.ServerMeters;
import zap.bench.report.JsonReport;
import zap.bench.report.NodesTable;
import zap.bench.report.Results;
import zap.bench.report.RunResult;
import zap.bench.report.Surroundings;
import zap.bench.traffic.Flow;
import zap.bench.traffic.User;
import zap.bench.wire.ZapMessenger;
import zap.bench.wire.ZapMessenger.NodeChoice;
import zap.bench.wire.ZapMessenger.Sessions;
import zap.protocol.Body;

/**
 * The cost of a message between nodes: the same load with all clients on one node, with the senders on one and the
 * recipients on the others, and spread evenly. Each number of nodes is measured in turn, round by round, and compared
 * with all clients on one node while the others are there and idle.
 */
final class SeveralNodes {

    private static final double WARM_UP_SECONDS = 8;
    private static final double SETTLE_SECONDS = 0.5;
    private static final int WARM_UP_WINDOW = 16;

    static final String HELP = """
            ./zap bench nodes [--nodes 1,2,4] [--window 1,16] [--rate 1000] [--rounds 3] [--seconds 3] [--warmup 8]
                              [--pairs 64] [--session base|assured] [--json FILE]

            Starts servers of this checkout on one PostgreSQL, each on ports and data of its own: first as many as the first
            number of --nodes says, then up to the next one. With each number it measures, in turn:
              all on one     all clients on the first node, and the others idle
              apart          senders on the first node, recipients on the others: every message goes to another node
              mixed          senders and recipients spread evenly: of N nodes, 1 - 1/N of the messages go to another one
            Processor time is that of all nodes and PostgreSQL together. The ratios are to "all on one" of the same round.
            """;

    /** The nodes that users connect to. */
    private enum Layout {
        ALL_ON_ONE("all on one"),
        APART("apart"),
        MIXED("mixed");

        private final String words;

        Layout(String words) {
            this.words = words;
        }

        private NodeChoice over(List<InetSocketAddress> nodes) {
            int count = nodes.size();
            return switch (this) {
                case ALL_ON_ONE -> (_, _) -> nodes.getFirst();
                case APART ->
                    (flow, seat) -> seat == User.SENDER ? nodes.getFirst() : nodes.get(1 + flow % (count - 1));
                // Every pair of nodes has the same number of flows.
                case MIXED -> (flow, seat) -> nodes.get((seat == User.SENDER ? flow : flow / count) % count);
            };
        }
    }

    private final CommandLine words;
    private final Results results;
    private final Progress progress;
    private final int pairs;
    private final int rounds;
    private final Sessions sessions;
    private final List<Mode> modes = new ArrayList<>();
    private final List<StartedServer> nodes = new ArrayList<>();

    private SeveralNodes(List<String> args, Progress progress) {
        words = new CommandLine(
                args,
                Set.of("nodes", "window", "rate", "rounds", "seconds", "warmup", "pairs", "session", "json"),
                Set.of());
        if (!words.plain().isEmpty()) {
            throw new Usage(HELP);
        }
        this.progress = progress;
        results = new Results(Surroundings.of("./zap bench nodes " + String.join(" ", args)));
        pairs = words.number("pairs", 64, 1);
        rounds = words.number("rounds", 3, 1);
        sessions = Targets.sessions(words.value("session").orElse("assured")).getFirst();
        LoadPlan plan = plan(SETTLE_SECONDS, words.seconds("seconds", 3));
        words.numbers("window", "1,16", 1).forEach(window -> modes.add(new Throughput(plan, window, 1)));
        words.numbers("rate", "1000", 1).forEach(rate -> modes.add(new Latency(plan, rate)));
    }

    private LoadPlan plan(double warmup, double seconds) {
        return new LoadPlan(pairs, Body.MAX_CODE_POINTS, warmup, seconds, Flow.Until.DELIVERED, LoadPlan.PATIENCE);
    }

    /** Starts nodes of this checkout, and measures them. */
    static int run(List<String> args, Progress progress) throws IOException, InterruptedException {
        return new SeveralNodes(args, progress).start(StartedServer.commandOf(Targets.checkout()));
    }

    /** Measures nodes that run on one database. */
    static int run(List<String> args, List<StartedServer> running) throws IOException, InterruptedException {
        var measurement = new SeveralNodes(args, new Progress(null));
        measurement.nodes.addAll(running);
        return measurement.measure(List.of());
    }

    private int start(List<String> command) throws IOException, InterruptedException {
        progress.about("nodes");
        progress.show("starting node 1");
        try (StartedServer first = StartedServer.start(command, "node-1")) {
            nodes.add(first);
            return measure(command);
        }
    }

    private int measure(List<String> command) throws IOException, InterruptedException {
        var others = new ArrayList<StartedServer>();
        try {
            for (int count : words.numbers("nodes", "1,2,4", 1)) {
                while (nodes.size() < count) {
                    String name = "node-" + (nodes.size() + 1);
                    progress.show("starting " + name);
                    StartedServer other = nodes.getFirst().startNode(command, name);
                    others.add(other);
                    nodes.add(other);
                }
                measure();
            }
        } finally {
            others.forEach(StartedServer::close);
        }
        progress.clear();
        Bench.print(NodesTable.of(results, Layout.ALL_ON_ONE.words));
        if (words.has("json")) {
            Files.writeString(Path.of(words.value("json").orElseThrow()), JsonReport.of(results));
        }
        return results.verdict().isClean() ? Bench.OK : Bench.NOT_CLEAN;
    }

    /** Measures the nodes that there are. */
    private void measure() {
        List<Long> processes = nodes.stream().map(StartedServer::pid).toList();
        var cpu = new CpuMeter(processes, Processes.postgresOf(processes.getFirst()));
        try (var meters =
                ServerMeters.ofNodes(nodes.stream().map(StartedServer::actuator).toList())) {
            List<Layout> layouts = nodes.size() == 1 ? List.of(Layout.ALL_ON_ONE) : List.of(Layout.values());
            List<Target> targets =
                    layouts.stream().map(layout -> target(layout, cpu, meters)).toList();
            var warmUp = new Throughput(plan(0, words.seconds("warmup", WARM_UP_SECONDS)), WARM_UP_WINDOW, 1);
            for (Target target : targets) {
                progress.about(target.name());
                var _ = warmUp.run(target, 0, progress);
            }
            for (int round = 1; round <= rounds; round++) {
                // The first one of a round leaves something behind for the next one: another one each time.
                List<Target> order = round % 2 == 1 ? targets : targets.reversed();
                for (Mode mode : modes) {
                    for (Target target : order) {
                        progress.about("%s, %s, round %s of %s".formatted(target.name(), mode.what(), round, rounds));
                        RunResult result = mode.run(target, round, progress);
                        results.add(result);
                    }
                }
            }
        }
    }

    private Target target(Layout layout, CpuMeter cpu, ServerMeters meters) {
        List<InetSocketAddress> addresses =
                nodes.stream().map(StartedServer::address).toList();
        NodeChoice choice = layout.over(addresses);
        return new Target(
                String.format(
                        Locale.ROOT, "%d %s, %s", nodes.size(), nodes.size() == 1 ? "node" : "nodes", layout.words),
                OptionalLong.empty(),
                cpu,
                meters,
                () -> new ZapMessenger(choice, sessions, 1),
                false);
    }
}
