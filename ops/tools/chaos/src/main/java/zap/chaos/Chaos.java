package zap.chaos;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The fault simulator: many runs, each decided by its seed.
 *
 * <p>The options are described by {@link #HELP}; behind {@code --} stands how to start the server's JVM.
 */
public final class Chaos {

    private static final int FEWEST_NODES = 2;
    private static final int MOST_NODES = 5;

    private static final String USAGE_LINE =
            "Usage: zap chaos [--nodes N] [--seed N] [--runs R | --minutes M] [--faults LIST] [--report FILE]\n"
                    + "       zap chaos --nodes N --rate R [--clients C] [--seed N] [--minutes M] [--faults LIST|none]";

    /** The word for no faults at all, for a crowd. */
    private static final String NONE = "none";

    private static final int USUAL_CLIENTS = 40;
    private static final int FEWEST_CLIENTS = 2;

    /** Of so many clients of a crowd, one uses base sessions. */
    private static final int BASE_OF = 5;

    /** There is a group for so many clients of a crowd. */
    private static final int CLIENTS_OF_A_GROUP = 8;

    private static final String HELP = USAGE_LINE
            + """


            Breaks a server and its clients, and checks that every promise of the protocol was kept.

              --nodes N       %s to %s servers on one database with a synchronous standby, instead of one server with its own
                              database. Clients come back at another node each time
              --seed N        the seed of the first run; it decides what happens and when. The next run has the next seed.
                              Without it the first one is random
              --runs R        number of runs (20)
              --minutes M     as many runs as begin within this time
              --faults LIST   only runs that have one of these faults, separated by commas
              --report FILE   write the report there, too

            With --rate there is one run of --minutes (1) with a crowd of light clients: everybody writes to everybody and to
            groups, R messages a second together, while nodes and databases break one after the other.

              --rate R        messages a second
              --clients C     number of clients (40), a fifth of them on base sessions

            Faults: %s
            With --nodes there are also: %s
            Instead of: %s
            With --rate: %s; or none
            """.formatted(
                            FEWEST_NODES,
                            MOST_NODES,
                            listed(fault -> fault.isPossible(false)),
                            listed(fault -> fault.isPossible(true) && !fault.isPossible(false)),
                            listed(fault -> fault.isPossible(false) && !fault.isPossible(true)),
                            listed(CrowdRun.POSSIBLE::contains));

    private static final int FAILED = 1;
    private static final int USAGE = 64;

    /** So many runs share a server and its participants: their disks stay small. */
    private static final int RUNS_IN_A_WORLD = 100;

    private final List<String> server;
    private final int nodes;
    private final @Nullable Path ready;
    private final Path folder;
    private final PrintStream out;

    /**
     * @param server how to start the server's JVM: the program, its options, {@code -jar} and the jar
     * @param nodes the number of servers on one database; 1 for a server with a database of its own
     * @param ready the data folder of a server that has stopped, whose database the nodes use; null to make one
     * @param folder for everything that it leaves on disk
     * @param out for one line after each run
     */
    Chaos(List<String> server, int nodes, @Nullable Path ready, Path folder, PrintStream out) {
        this.server = server;
        this.nodes = nodes;
        this.ready = ready;
        this.folder = folder;
        this.out = out;
    }

    /** Runs from the command line. */
    public static void main(String[] arguments) throws IOException {
        List<String> words = List.of(arguments);
        int end = words.indexOf("--");
        var options = new Options(words.subList(0, Math.max(end, 0)));
        if (words.contains("--help") || words.contains("-h")) {
            System.out.print(HELP);
            return;
        }
        if (end < 0 || options.isWrong()) {
            System.err.println(USAGE_LINE);
            System.exit(USAGE);
            return;
        }
        long seed = options.number("--seed", RandomGenerator.getDefault().nextLong(1, 1_000_000_000));
        long minutes = options.number("--minutes", 0);
        long runs = options.number("--runs", minutes > 0 ? Long.MAX_VALUE : 20);
        Path folder = Files.createTempDirectory("zap-chaos");
        if (options.value("--rate") != null) {
            crowd(options, words.subList(end + 1, words.size()), seed, Math.max(minutes, 1), folder);
            return;
        }
        long begin = System.nanoTime();
        int nodes = options.nodes();
        var chaos = new Chaos(words.subList(end + 1, words.size()), nodes, null, folder, System.out);
        Set<Fault> faults = options.faults();
        Report report = chaos.run(seed, runs, minutes > 0 ? Duration.ofMinutes(minutes) : null, faults);
        @Nullable String named = options.value("--faults");
        String text = report.markdown(
                Duration.ofNanos(System.nanoTime() - begin),
                "./zap chaos" + (nodes == 1 ? "" : " --nodes " + nodes) + " --seed " + seed + " --runs "
                        + report.runs()
                        + (named == null ? "" : " --faults " + named));
        System.out.println();
        System.out.print(text);
        @Nullable String file = options.value("--report");
        if (file != null) {
            Files.writeString(Path.of(file), text);
        }
        if (report.failed() > 0) {
            System.out.println("What it left behind is in " + folder);
            System.exit(FAILED);
        }
        Folders.delete(folder);
    }

    /** Lets a crowd write while nodes die. */
    private static void crowd(Options options, List<String> server, long seed, long minutes, Path folder)
            throws IOException {
        int rate = Math.toIntExact(options.number("--rate", 0));
        int clients = Math.toIntExact(options.number("--clients", USUAL_CLIENTS));
        int base = clients / BASE_OF;
        @Nullable String named = options.value("--faults");
        String command = "./zap chaos --nodes %s --rate %s --clients %s --minutes %s --seed %s%s"
                .formatted(options.nodes(), rate, clients, minutes, seed, named == null ? "" : " --faults " + named);
        boolean well;
        try (var nodes = new NodesUnderTest(server, options.nodes(), folder, null)) {
            var run = new CrowdRun(nodes, folder, rate, seed, System.out);
            well = run.go(
                    clients - base,
                    base,
                    clients / CLIENTS_OF_A_GROUP,
                    options.crowdFaults(),
                    Duration.ofMinutes(minutes));
            run.report(command);
        }
        if (!well) {
            System.out.println("What it left behind is in " + folder);
            System.exit(FAILED);
        }
        Folders.delete(folder);
    }

    /**
     * Does so many runs, or as many as begin within a time.
     *
     * @param faults a seed without any of these is passed over
     */
    Report run(long firstSeed, long runs, @Nullable Duration within, Set<Fault> faults) throws IOException {
        var report = new Report(firstSeed);
        long begin = System.nanoTime();
        long done = 0;
        long seed = firstSeed;
        while (done < runs && isTimeLeft(begin, within)) {
            Path itsFolder = folder.resolve("world-" + done);
            try (World world = World.make(backend(itsFolder), itsFolder)) {
                for (int i = 0; i < RUNS_IN_A_WORLD && done < runs && isTimeLeft(begin, within); i++) {
                    FaultPlan plan = plan(seed++, world);
                    while (Collections.disjoint(plan.faults(), faults)) {
                        plan = plan(seed++, world);
                    }
                    var run = new Run(world, plan);
                    long runBegin = System.nanoTime();
                    Judge.Verdict verdict = run.go();
                    report.add(plan, verdict);
                    long took = Duration.ofNanos(System.nanoTime() - runBegin).toSeconds();
                    out.println("seed " + plan.seed() + " " + plan.faults() + ": " + verdict.sent() + " sent, " + took
                            + " s, " + (verdict.faults().isEmpty() ? "all promises kept" : "BROKEN") + "; "
                            + report.line());
                    if (!verdict.faults().isEmpty()) {
                        verdict.faults().forEach(fault -> out.println("  " + fault));
                        run.story().forEach(line -> out.println("  " + line));
                    }
                    done++;
                }
            }
        }
        return report;
    }

    private Backend backend(Path itsFolder) throws IOException {
        return nodes == 1
                ? new ServerUnderTest(server, itsFolder)
                : new NodesUnderTest(server, nodes, itsFolder, ready);
    }

    private FaultPlan plan(long seed, World world) {
        int participants = world.participants().size();
        return nodes == 1 ? FaultPlan.of(seed, participants) : FaultPlan.withNodes(seed, participants, nodes);
    }

    private static String listed(Predicate<Fault> which) {
        return Stream.of(Fault.values()).filter(which).map(Chaos::word).collect(Collectors.joining(", "));
    }

    private static String word(Fault fault) {
        return fault.name().toLowerCase(Locale.ROOT);
    }

    private static boolean isTimeLeft(long begin, @Nullable Duration within) {
        return within == null || System.nanoTime() - begin < within.toNanos();
    }

    /** Words of the form {@code --name value}. */
    private static final class Options {

        private static final List<String> NAMES =
                List.of("--nodes", "--seed", "--runs", "--minutes", "--faults", "--report", "--rate", "--clients");

        private final List<String> words;

        Options(List<String> words) {
            this.words = words;
        }

        boolean isWrong() {
            for (int i = 0; i < words.size(); i += 2) {
                if (!NAMES.contains(words.get(i)) || i + 1 == words.size() || isWrong(words.get(i), words.get(i + 1))) {
                    return true;
                }
            }
            long nodes = number("--nodes", FEWEST_NODES);
            if (value("--rate") != null) {
                return nodes() == 1
                        || nodes() > MOST_NODES
                        || number("--clients", USUAL_CLIENTS) < FEWEST_CLIENTS
                        || (crowdFaults().isEmpty() && !NONE.equals(value("--faults")));
            }
            // No run would ever have such a fault.
            return value("--clients") != null
                    || nodes < FEWEST_NODES
                    || nodes > MOST_NODES
                    || faults().stream().noneMatch(fault -> fault.isPossible(nodes() > 1));
        }

        /** Returns the number of servers. */
        int nodes() {
            return Math.toIntExact(number("--nodes", 1));
        }

        private boolean isWrong(String name, String value) {
            return switch (name) {
                case "--report" -> false;
                case "--faults" ->
                    !(value.equals(NONE) && value("--rate") != null)
                            && Stream.of(value.split(",", -1))
                                    .anyMatch(one -> fault(one).isEmpty());
                default -> !value.matches("\\d{1,15}");
            };
        }

        private static Optional<Fault> fault(String word) {
            return Stream.of(Fault.values())
                    .filter(one -> word(one).equals(word))
                    .findFirst();
        }

        /** Returns the faults that were named; all of them when none was. */
        Set<Fault> faults() {
            @Nullable String value = value("--faults");
            if (value == null) {
                return EnumSet.allOf(Fault.class);
            }
            return Stream.of(value.split(",", -1))
                    .flatMap(one -> fault(one).stream())
                    .collect(Collectors.toCollection(() -> EnumSet.noneOf(Fault.class)));
        }

        /** Returns those of the faults that a crowd's run knows. */
        Set<Fault> crowdFaults() {
            Set<Fault> known = EnumSet.copyOf(CrowdRun.POSSIBLE);
            known.retainAll(faults());
            return known;
        }

        @Nullable
        String value(String name) {
            for (int i = 0; i + 1 < words.size(); i += 2) {
                if (words.get(i).equals(name)) {
                    return words.get(i + 1);
                }
            }
            return null;
        }

        long number(String name, long otherwise) {
            @Nullable String value = value(name);
            return value == null ? otherwise : Long.parseLong(value);
        }
    }
}
