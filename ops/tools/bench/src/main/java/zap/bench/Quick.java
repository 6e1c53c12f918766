package zap.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import zap.bench.load.CannotMeasureException;
import zap.bench.load.Latency;
import zap.bench.load.LoadPlan;
import zap.bench.load.Mode;
import zap.bench.load.Offline;
import zap.bench.load.Progress;
import zap.bench.load.Target;
import zap.bench.load.Throughput;
import zap.bench.machine.CpuMeter;
import zap.bench.machine.Processes;
import zap.bench.machine.ServerMeters;
import zap.bench.report.Comparison;
import zap.bench.report.Results;
import zap.bench.report.RunResult;
import zap.bench.report.Surroundings;
import zap.bench.report.TextTable;
import zap.bench.traffic.Flow;
import zap.bench.wire.ZapMessenger;
import zap.bench.wire.ZapMessenger.Sessions;
import zap.protocol.Body;

/**
 * Is this checkout faster or slower than another build? Both run at the same time, and are measured in turn, round by
 * round.
 */
final class Quick {

    private static final String NOW = "this checkout";
    private static final int RATE = 1_000;
    /** A second of work for the server. With less, a hiccup of the machine is the result. */
    private static final int MESSAGES = 2_000;

    private static final double WARM_UP_SECONDS = 8;
    private static final String LATENCY_SECONDS = "latency-seconds";

    /** The shortest time that leaves 30 messages above p99.9. */
    private static final int LEAST_LATENCY_SECONDS = 30;

    private static final double SETTLE_SECONDS = 0.5;

    static final String HELP = """
            ./zap bench quick [--baseline DIR|REVISION] [--rounds 5] [--seconds 3] [--latency-seconds 30] [--pairs 50]
                              [--session base|assured]

            Starts this checkout and another build of zap side by side, each on ports and data of its own, and measures them in
            turn, so that a machine that is busier now than a minute ago is so for both. The other one is a folder with a
            checkout, or a revision of this one; if none is named, the last tag, or HEAD where there is no tag: then it
            says what the changes that are not committed yet do.

            Latency has a time of its own in each round, 30 s or more, because one message in a thousand is late so rarely
            that p99.9 of a few seconds means nothing.
            """;

    private Quick() {}

    static int run(List<String> args, Progress progress) throws IOException, InterruptedException {
        var words = new CommandLine(
                args, Set.of("baseline", "rounds", "seconds", LATENCY_SECONDS, "pairs", "session"), Set.of());
        if (!words.plain().isEmpty()) {
            throw new Usage(HELP);
        }
        int rounds = words.number("rounds", 5, 1);
        double seconds = words.seconds("seconds", 3);
        int latencySeconds = words.number(LATENCY_SECONDS, LEAST_LATENCY_SECONDS, LEAST_LATENCY_SECONDS);
        int pairs = words.number("pairs", 50, 1);
        Sessions sessions =
                Targets.sessions(words.value("session").orElse("assured")).getFirst();
        Path checkout = Targets.checkout();
        String before = words.value("baseline").orElseGet(() -> lastTag(checkout));
        Path baseline = Files.isDirectory(Path.of(before)) ? Path.of(before) : unpacked(checkout, before);

        var results = new Results(Surroundings.of("./zap bench quick " + String.join(" ", args)));
        progress.about("quick");
        progress.show("starting " + before);
        try (StartedServer old = StartedServer.start(baseline.toAbsolutePath(), "baseline");
                ServerMeters oldMeters = new ServerMeters(old.actuator())) {
            progress.show("starting " + NOW);
            try (StartedServer own = StartedServer.start(checkout, "checkout");
                    ServerMeters ownMeters = new ServerMeters(own.actuator())) {
                List<Target> targets =
                        List.of(target(before, old, oldMeters, sessions), target(NOW, own, ownMeters, sessions));
                List<Mode> toWarmUp = modes(pairs, seconds, seconds);
                measure(targets, toWarmUp, modes(pairs, seconds, latencySeconds), rounds, pairs, results, progress);
            }
        }
        progress.clear();
        Bench.print(TextTable.of(results));
        Bench.print("\n" + Comparison.table(Comparison.of(results, before, NOW), before, NOW));
        return results.verdict().isClean() ? Bench.OK : Bench.NOT_CLEAN;
    }

    private static List<Mode> modes(int pairs, double seconds, double latencySeconds) {
        var plan = plan(pairs, seconds);
        return List.of(
                new Throughput(plan, 1, 1),
                new Throughput(plan, 16, 1),
                new Latency(plan(pairs, latencySeconds), RATE),
                new Offline(plan, MESSAGES));
    }

    private static LoadPlan plan(int pairs, double seconds) {
        return new LoadPlan(
                pairs, Body.MAX_CODE_POINTS, SETTLE_SECONDS, seconds, Flow.Until.DELIVERED, LoadPlan.PATIENCE);
    }

    private static void measure(
            List<Target> targets,
            List<Mode> toWarmUp,
            List<Mode> toMeasure,
            int rounds,
            int pairs,
            Results results,
            Progress progress) {
        var warmUp =
                new LoadPlan(pairs, Body.MAX_CODE_POINTS, 0, WARM_UP_SECONDS, Flow.Until.DELIVERED, LoadPlan.PATIENCE);
        for (Target target : targets) {
            progress.about(target.name());
            var _ = new Throughput(warmUp, 16, 1).run(target, 0, progress);
        }
        // Round 0 does all of it and counts for nothing: what a server does for the first time is slow.
        for (int round = 0; round <= rounds; round++) {
            // Who comes first changes from round to round: what the first one leaves behind is not always the second
            // one's burden.
            List<Target> order = round % 2 == 1 ? targets : targets.reversed();
            for (Mode mode : round == 0 ? toWarmUp : toMeasure) {
                for (Target target : order) {
                    progress.about("%s, %s, round %s of %s".formatted(target.name(), mode.what(), round, rounds));
                    RunResult result = mode.run(target, round, progress);
                    if (round > 0) {
                        results.add(result);
                    }
                }
            }
        }
    }

    private static Target target(String name, StartedServer server, ServerMeters meters, Sessions sessions) {
        OptionalLong pid = Processes.listeningOn(server.address().getPort());
        return new Target(
                name,
                pid,
                new CpuMeter(pid, pid.isPresent() ? Processes.postgresOf(pid.getAsLong()) : OptionalLong.empty()),
                meters,
                () -> new ZapMessenger(server.address(), sessions, 1),
                false);
    }

    private static String lastTag(Path checkout) {
        var said = new ArrayList<String>();
        return git(checkout, said, "describe", "--tags", "--abbrev=0") == 0 ? said.getFirst() : "HEAD";
    }

    /** A checkout of this revision below target/, where it is built once. */
    private static Path unpacked(Path checkout, String revision) {
        var said = new ArrayList<String>();
        if (git(checkout, said, "rev-parse", "--verify", "--quiet", revision + "^{commit}") != 0) {
            throw new Usage("--baseline takes a folder or a revision, and \"" + revision + "\" is neither.");
        }
        Path folder =
                checkout.resolve("target/baseline").resolve(said.getFirst().substring(0, 12));
        if (!Files.isDirectory(folder)) {
            try {
                Files.createDirectories(folder);
            } catch (IOException e) {
                throw new CannotMeasureException("Cannot make the folder " + folder + ": " + e, e);
            }
            Path tar = folder.resolveSibling(folder.getFileName() + ".tar");
            if (git(checkout, said, "archive", "--output=" + tar, said.getFirst()) != 0
                    || command(said, "tar", "-xf", tar.toString(), "-C", folder.toString()) != 0) {
                throw new CannotMeasureException("Cannot get revision %s: %s".formatted(revision, said));
            }
        }
        return folder;
    }

    private static int git(Path checkout, List<String> said, String... words) {
        var command = new ArrayList<>(List.of("git", "-C", checkout.toString()));
        command.addAll(List.of(words));
        return command(said, command.toArray(String[]::new));
    }

    private static int command(List<String> said, String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            said.addAll(process.inputReader().lines().toList());
            return process.waitFor();
        } catch (IOException e) {
            throw new CannotMeasureException(
                    String.format(Locale.ROOT, "Cannot run %s: %s", command[0], e.getMessage()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CannotMeasureException("interrupted", e);
        }
    }
}
