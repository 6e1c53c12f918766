package zap.bench.explain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import zap.bench.load.CannotMeasureException;
import zap.bench.machine.Processes;

/** Watches a server, its PostgreSQL, the machine and this process during one run, and explains its late messages. */
public final class Observation implements AutoCloseable {

    /** A process with less of all processors is not worth a word. */
    private static final double LEAST_SHARE = 0.01;

    private static final int MOST_OTHERS = 5;

    private final ObservedServer server;
    private final Path folder;
    private final ServerFlightRecorder recorder;
    private final OwnRecording own = new OwnRecording();
    private final @Nullable DatabaseSampler database;
    private final ThreadSampler threads;
    private Map<String, Double> countersBefore = Map.of();
    private Map<String, Double> othersBefore = Map.of();
    private long opened;

    private Observation(
            ObservedServer server, Path folder, ServerFlightRecorder recorder, @Nullable DatabaseSampler database) {
        this.server = server;
        this.folder = folder;
        this.recorder = recorder;
        this.database = database;
        threads = new ThreadSampler(OptionalLong.of(server.pid()), server.databasePid());
    }

    /**
     * Gets ready: begins the recordings and connects to PostgreSQL. What that costs is over before anything is
     * measured.
     *
     * @throws CannotMeasureException when the server cannot be watched
     */
    public static Observation of(ObservedServer server) {
        try {
            Path folder = Files.createTempDirectory("zap-bench-explain-");
            ServerFlightRecorder recorder = server.isRecording()
                    ? ServerFlightRecorder.startedWith(server.pid(), folder)
                    : ServerFlightRecorder.attach(server.pid(), folder);
            @Nullable DatabaseAccess access = server.database();
            var observation =
                    new Observation(server, folder, recorder, access == null ? null : DatabaseSampler.connect(access));
            observation.own.start();
            return observation;
        } catch (IOException e) {
            throw new CannotMeasureException("Cannot keep recordings in a temporary folder: " + e, e);
        }
    }

    /** Begins to sample. */
    public void open() {
        if (database != null) {
            countersBefore = database.counters();
            database.start();
        }
        threads.start();
        othersBefore = others();
        opened = System.nanoTime();
    }

    /** Returns the processor time of the processes that have nothing to do with it, by name. */
    private Map<String, Double> others() {
        var known = new HashSet<Long>(List.of(ProcessHandle.current().pid(), server.pid()));
        server.databasePid().ifPresent(root -> known.addAll(Processes.tree(root)));
        return Processes.secondsByName(known);
    }

    private String othersNote(long ended) {
        double whole = (ended - opened) / 1e9 * Runtime.getRuntime().availableProcessors();
        var used = new HashMap<String, Double>();
        others().forEach((name, seconds) -> used.put(name, (seconds - othersBefore.getOrDefault(name, 0.0)) / whole));
        String words = used.entrySet().stream()
                .filter(entry -> entry.getValue() >= LEAST_SHARE)
                .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                .limit(MOST_OTHERS)
                .map(entry -> String.format(Locale.ROOT, "%s %.1f %%", entry.getKey(), 100 * entry.getValue()))
                .collect(Collectors.joining(", "));
        return words.isEmpty()
                ? "No other process that was there at the end took 1 % of the processors."
                : "Other processes, by their share of all processors: " + words + ".";
    }

    private static String pausesNote(List<Disturbance> pauses) {
        var byName = new TreeMap<String, List<Disturbance>>();
        pauses.forEach(pause ->
                byName.computeIfAbsent(pause.detail(), _ -> new ArrayList<>()).add(pause));
        return byName.isEmpty()
                ? "No collection paused the server."
                : "Collections of the server: "
                        + byName.entrySet().stream()
                                .map(entry -> pausesNote(entry.getKey(), entry.getValue()))
                                .collect(Collectors.joining("; "))
                        + ".";
    }

    private static String pausesNote(String name, List<Disturbance> pauses) {
        return String.format(
                Locale.ROOT,
                "%s %d times, %.0f ms in all, longest %.1f ms",
                name,
                pauses.size(),
                pauses.stream().mapToLong(Disturbance::nanos).sum() / 1e6,
                pauses.stream().mapToLong(Disturbance::nanos).max().orElse(0) / 1e6);
    }

    /** Ends the sampling, and explains the late messages. */
    public RunExplanation explain(LateLog late) {
        long ended = System.nanoTime();
        threads.close();
        var counters = new LinkedHashMap<String, Double>();
        if (database != null) {
            database.stop();
            database.counters()
                    .forEach((name, value) -> counters.put(name, value - countersBefore.getOrDefault(name, 0.0)));
        }
        counters.putAll(threads.kernel().risen());
        counters.values().removeIf(value -> value == 0);
        try {
            return explain(late, ended, counters);
        } catch (IOException e) {
            throw new CannotMeasureException("Cannot read a recording: " + e.getMessage(), e);
        }
    }

    private RunExplanation explain(LateLog late, long ended, Map<String, Double> counters) throws IOException {
        List<LateMessage> messages = late.messages();
        var recipients = new HashSet<Long>();
        messages.forEach(message -> recipients.add(message.recipient()));
        WallClock wall = WallClock.now();
        ServerRecording inServer =
                ServerRecording.read(recorder.dump("server"), wall, opened, ended, recipients::contains);
        ServerRecording inGenerator = ServerRecording.read(own.dump(folder), wall, opened, ended, _ -> false);

        Map<Circumstance, List<Disturbance>> circumstances = new EnumMap<>(Circumstance.class);
        circumstances.putAll(inServer.circumstances());
        circumstances.putAll(threads.kernel().circumstances());
        circumstances.put(Circumstance.COLLECTION, inServer.collections());
        circumstances.put(Circumstance.SAFEPOINT, inServer.safepoints());
        circumstances.put(Circumstance.GENERATOR_PAUSE, inGenerator.safepoints());
        Map<Cause, List<Disturbance>> seen = new EnumMap<>(Cause.class);
        List<ThreadSamples> samples = threads.threads();
        int processors = Runtime.getRuntime().availableProcessors();
        seen.putAll(ThreadSampler.disturbances(samples, processors));
        seen.put(Cause.SERVER_GC, inServer.collections());
        seen.put(Cause.SERVER_SAFEPOINT, inServer.safepoints());
        seen.put(Cause.GENERATOR_PAUSED, inGenerator.pauses());
        seen.put(Cause.TCP, threads.kernel().retransmissions());
        var notes = new ArrayList<String>();
        notes.add(clockNote(inServer, wall));
        notes.add(pausesNote(inServer.collections()));
        notes.add(othersNote(ended));
        if (database == null) {
            notes.add("PostgreSQL was not looked into: --data FOLDER says where the server's data is.");
        } else {
            List<Disturbance> checkpoints = checkpoints(wall, notes);
            circumstances.put(Circumstance.CHECKPOINT, checkpoints);
            DatabaseSamples waits = database.samples();
            circumstances.putAll(waits.circumstances());
            List<Long> backends = ThreadSampler.writersBackends(samples);
            seen.putAll(waits.disturbances(backends, new DisturbanceLog(checkpoints)));
            notes.add(String.format(
                    Locale.ROOT,
                    "%d samples of what PostgreSQL waits for, one in %.1f ms; the writer's backend: %s.",
                    waits.size(),
                    (ended - opened) / 1e6 / Math.max(1, waits.size()),
                    backends));
            @Nullable SQLException failure = database.failure();
            if (failure != null) {
                notes.add("PostgreSQL could be sampled for part of the time only: " + failure.getMessage());
            }
        }
        var logs = new EnumMap<Cause, DisturbanceLog>(Cause.class);
        seen.forEach((cause, list) -> logs.put(cause, new DisturbanceLog(list)));
        var explainer = new Explainer(new WriterTimeline(inServer.batches()), inServer.mail(), logs);
        List<Diagnosis> diagnoses = messages.stream().map(explainer::explain).toList();
        var meanwhile = new EnumMap<Circumstance, DisturbanceLog>(Circumstance.class);
        circumstances.forEach((circumstance, list) -> meanwhile.put(circumstance, new DisturbanceLog(list)));
        return new RunExplanation(
                late.lateNanos(),
                late.measured(),
                late.late(),
                opened,
                ended,
                diagnoses,
                inServer.batches(),
                meanwhile,
                ThreadSampler.usersWhileQueued(samples, diagnoses, processors),
                counters,
                notes);
    }

    private static String clockNote(ServerRecording inServer, WallClock wall) {
        WallClock clock = inServer.clock();
        return inServer.batches().isEmpty()
                ? String.format(
                        Locale.ROOT,
                        "The server's recording has no batches: it is of a version without events, or nothing was stored."
                                + " Its clock was compared with that of the wall (error %.3f ms).",
                        wall.error() / 1e6)
                : String.format(
                        Locale.ROOT,
                        "Clocks: the recording's was aligned by %d batches, of which nearly all agree within %.3f ms;"
                                + " it differs from that of the wall by %.3f ms. Batches, messages and samples share one"
                                + " clock.",
                        inServer.batches().size(),
                        clock.error() / 1e6,
                        (clock.offset() - wall.offset()) / 1e6);
    }

    private List<Disturbance> checkpoints(WallClock wall, List<String> notes) {
        @Nullable DatabaseAccess access = server.database();
        if (access == null) {
            return List.of();
        }
        try {
            return CheckpointLog.read(access.logs(), wall).stream()
                    .filter(checkpoint -> checkpoint.to() >= opened)
                    .toList();
        } catch (IOException e) {
            notes.add("The logs of PostgreSQL cannot be read, so that checkpoints are not known: " + e.getMessage());
            return List.of();
        }
    }

    @Override
    public void close() {
        threads.close();
        own.close();
        if (database != null) {
            database.close();
        }
        recorder.close();
        try (var below = Files.walk(folder)) {
            for (Path path : below.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
