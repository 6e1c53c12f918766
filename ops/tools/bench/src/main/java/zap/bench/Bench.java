package zap.bench;

import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import zap.bench.codec.CodecBenchmarks;
import zap.bench.load.CannotMeasureException;
import zap.bench.load.Idle;
import zap.bench.load.Latency;
import zap.bench.load.LoadPlan;
import zap.bench.load.Mode;
import zap.bench.load.Offline;
import zap.bench.load.Progress;
import zap.bench.load.Storm;
import zap.bench.load.Target;
import zap.bench.load.Throughput;
import zap.bench.report.HtmlReport;
import zap.bench.report.JsonReport;
import zap.bench.report.Results;
import zap.bench.report.Surroundings;
import zap.bench.report.TextTable;
import zap.bench.traffic.Flow;
import zap.bench.traffic.MessageText;
import zap.bench.wire.Relay;
import zap.protocol.Body;

/** The main program of {@code ./zap bench}. */
public final class Bench {

    static final int OK = 0;

    /** Something was lost, doubled, out of order, or refused: the figures of such a run are worth nothing. */
    static final int NOT_CLEAN = 1;

    static final int USAGE = 64;
    static final int UNAVAILABLE = 69;

    private static final List<String> MODES = List.of("throughput", "latency", "offline", "groups", "storm", "idle");
    private static final double LATE_MILLIS = 10;
    private static final List<String> USUAL_MODES = List.of("throughput", "latency", "offline");
    private static final Set<String> OPTIONS = Set.of(
            "server",
            "session",
            "peer",
            "floor",
            "start",
            "pairs",
            "window",
            "characters",
            "seconds",
            "warmup",
            "runs",
            "rate",
            "messages",
            "members",
            "groups",
            "connections",
            "silent",
            "ca",
            "until",
            "threads",
            "actuator",
            "pid",
            "database-pid",
            "explain",
            "late",
            "data",
            "json",
            "report");
    private static final Set<String> FLAGS = Set.of("floor", "start", "silent", "explain");

    private static final String HELP = """
            ./zap bench [MODE …] [options]      measures a server, and checks every message while it does

            Modes (throughput, latency and offline, if none is named):
              throughput    as fast as it goes, with --window messages of each sender in flight
              latency       at a fixed --rate, measured from when a message was due
              offline       stores --messages for each of those who are away; then all come back and get them
              groups        throughput in groups of --members
              storm         all of --connections are cut at once, and all come back at once
              idle          what each of --connections costs the server in memory
            Others:
              quick         this checkout against another build, in turn: ./zap bench quick --baseline DIR|REVISION
              nodes         several servers on one database, and what a message between them costs: ./zap bench nodes --help
              return        a node is killed, and its clients come back to another one: ./zap bench return --help
              codec         the benchmarks of the codec alone (JMH, and its options)
              relay         a server that stores nothing, to measure against: ./zap bench relay [--port N]

            What is measured:
              --server HOST:PORT   a zap server (127.0.0.1:7777); none to measure only what follows
              --start              a server of this checkout instead, on other ports and with data of its own
              --session KINDS      base, assured (base,assured)
              --peer URL           something else in the same run, as often as you like: mqtt://HOST:PORT for a broker,
                                   mqtt+hivemq://HOST:PORT for the same over a library of others, zap://HOST:PORT
                                   or zap+assured://HOST:PORT for another server of this protocol
              --floor              and a relay that stores nothing: what wire and load generator take
            How:
              --pairs N            senders and recipients, for each (100)
              --window N,…         messages in flight for each sender (1,16)
              --until KIND         what makes room in the window: delivered, or accepted where that is told (delivered)
              --characters N       length of a message (218)
              --seconds S          how long is measured (10), after --warmup S (5)
              --runs N             how often, in turn over all that is measured (3)
              --rate N,…           messages a second for latency, of all senders together (1000)
              --messages N         for each of those who are away (500)
              --groups N           how many groups (20), of --members N (8)
              --connections N,…    for storm and idle (1000)
              --explain            for latency: the causes of all messages later than --late MS (10), by share and with
                                   evidence; needs --start, or a server on this machine that runs as the same user, with
                                   its data folder as --data DIR, because it records in the server's JVM and looks into
                                   its PostgreSQL; see docs/latency.md
              --silent             for idle: half of the connections send nothing; needs --server
              --ca FILE            the same over TLS: the CA of the certificate of --server
              --threads N          of the load generator (1)
              --actuator URL       where the server's meters are (http://HOST:7780)
              --pid N              the server's process, if it is not to be found by its port; --database-pid N its PostgreSQL's
            What comes out, beside the table:
              --json FILE          all of it for programs; - is the standard output, instead of the table
              --report FILE        one HTML page with plots
            """;

    private Bench() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        System.exit(run(List.of(args)));
    }

    static int run(List<String> args) throws IOException, InterruptedException {
        return run(args, new Progress(isForPeople() ? System.err : null));
    }

    static int run(List<String> args, Progress progress) throws IOException, InterruptedException {
        try {
            return switch (args.isEmpty() ? "" : args.getFirst()) {
                case "help", "--help", "-h" -> {
                    print(HELP);
                    yield OK;
                }
                case "quick" -> Quick.run(args.subList(1, args.size()), progress);
                case "nodes" ->
                    args.contains("--help")
                            ? help(SeveralNodes.HELP)
                            : SeveralNodes.run(args.subList(1, args.size()), progress);
                case "return" ->
                    args.contains("--help")
                            ? help(NodeLoss.HELP)
                            : NodeLoss.run(args.subList(1, args.size()), progress);
                case "codec" -> codec(args.subList(1, args.size()));
                case "relay" -> relay(args.subList(1, args.size()));
                default -> measure(args, progress);
            };
        } catch (Usage e) {
            System.err.println(e.getMessage());
            return USAGE;
        } catch (CannotMeasureException e) {
            progress.clear();
            System.err.println(e.getMessage());
            return UNAVAILABLE;
        }
    }

    private static int help(String text) {
        print(text);
        return OK;
    }

    @SuppressWarnings("SystemConsoleNull") // NullAway does not know yet that it is never null.
    private static boolean isForPeople() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    private static int codec(List<String> args) {
        try {
            CodecBenchmarks.run(args);
            return OK;
        } catch (IllegalArgumentException e) {
            throw new Usage("JMH does not run: " + e.getMessage());
        }
    }

    private static int relay(List<String> args) throws InterruptedException {
        var words = new CommandLine(args, Set.of("port"), Set.of());
        try (var relay = new Relay(words.number("port", 0, 0), _ -> 1)) {
            System.out.println("A relay that stores nothing listens on " + relay.port());
            relay.join();
        }
        return OK;
    }

    private static int measure(List<String> args, Progress progress) throws IOException, InterruptedException {
        var words = new CommandLine(args, OPTIONS, FLAGS);
        List<Mode> modes = modes(words);
        int runs = words.number("runs", 3, 1);
        var results = new Results(Surroundings.of("./zap bench " + String.join(" ", args)));
        try (var targets = Targets.of(words)) {
            for (int run = 1; run <= runs; run++) {
                for (Mode mode : modes) {
                    for (Target target : targets.all()) {
                        if (target.isRelay() && !mode.suitsRelay()) {
                            continue;
                        }
                        progress.about("%s, %s, run %s of %s".formatted(target.name(), mode.what(), run, runs));
                        results.add(mode.run(target, run, progress));
                    }
                }
            }
        }
        progress.clear();
        tell(results, words);
        return results.verdict().isClean() ? OK : NOT_CLEAN;
    }

    private static void tell(Results results, CommandLine words) throws IOException {
        String json = words.value("json").orElse("");
        if (json.equals("-")) {
            print(JsonReport.of(results));
        } else {
            print(TextTable.of(results));
            if (!json.isEmpty()) {
                Files.writeString(Path.of(json), JsonReport.of(results));
            }
        }
        if (words.has("report")) {
            Path report = Path.of(words.value("report").orElseThrow());
            Files.writeString(report, HtmlReport.of(results));
            System.err.println("The report: " + report.toAbsolutePath());
        }
    }

    /** In UTF-8, whatever the terminal's locale is: the tables are read by people and kept in files. */
    static void print(String text) {
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        out.print(text);
        out.flush();
    }

    static List<Mode> modes(CommandLine words) {
        List<String> names = words.plain().isEmpty() ? USUAL_MODES : words.plain();
        if (words.has("explain") && !names.contains("latency")) {
            throw new Usage("--explain is for latency.");
        }
        if ((words.has("late") || words.has("data")) && !words.has("explain")) {
            throw new Usage("--late and --data are for --explain.");
        }
        int characters = words.number("characters", Body.MAX_CODE_POINTS, MessageText.MIN_CHARACTERS);
        if (characters > Body.MAX_CODE_POINTS) {
            throw new Usage("A message has at most " + Body.MAX_CODE_POINTS + " characters.");
        }
        Flow.Until until = switch (words.value("until").orElse("delivered")) {
            case "delivered" -> Flow.Until.DELIVERED;
            case "accepted" -> Flow.Until.ACCEPTED;
            default -> throw new Usage("--until is delivered or accepted.");
        };
        var plan = new LoadPlan(
                words.number("pairs", 100, 1),
                characters,
                words.seconds("warmup", 5),
                words.seconds("seconds", 10),
                until,
                LoadPlan.PATIENCE);
        var groups = new LoadPlan(
                words.number("groups", 20, 1), characters, plan.warmup(), plan.seconds(), until, plan.patience());
        var modes = new ArrayList<Mode>();
        for (String name : names) {
            switch (name) {
                case "throughput" ->
                    words.numbers("window", "1,16", 1).forEach(window -> modes.add(new Throughput(plan, window, 1)));
                case "latency" ->
                    words.numbers("rate", "1000", 1)
                            .forEach(rate -> modes.add(new Latency(plan, rate, lateNanos(words))));
                case "offline" -> modes.add(new Offline(plan, words.number("messages", 500, 1)));
                case "groups" ->
                    words.numbers("window", "1,16", 1)
                            .forEach(window ->
                                    modes.add(new Throughput(groups, window, words.number("members", 8, 2) - 1)));
                case "storm" ->
                    words.numbers("connections", "1000", 2)
                            .forEach(connections -> modes.add(new Storm(plan, connections)));
                case "idle" ->
                    words.numbers("connections", "1000", 2)
                            .forEach(connections -> modes.add(idle(words, plan, connections)));
                default -> throw new Usage("There is no mode \"" + name + "\", but: " + String.join(", ", MODES) + ".");
            }
        }
        return modes;
    }

    /** The latency from which a message is late and explained, in nanoseconds; 0 to explain none. */
    private static long lateNanos(CommandLine words) {
        return words.has("explain") ? Math.max(1, Math.round(words.seconds("late", LATE_MILLIS) * 1e6)) : 0;
    }

    private static Mode idle(CommandLine words, LoadPlan plan, int connections) {
        if (!words.has("silent") && !words.has("ca")) {
            return new Idle(plan, connections);
        }
        String server = words.value("server")
                .orElseThrow(() -> new Usage("--silent and --ca are for a server that --server names."));
        return new Idle(
                plan,
                connections,
                Targets.address("server", server),
                words.value("ca").map(Path::of).orElse(null));
    }
}
