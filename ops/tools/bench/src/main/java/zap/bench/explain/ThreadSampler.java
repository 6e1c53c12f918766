package zap.bench.explain;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import zap.bench.machine.Processes;

/**
 * Samples the threads of the server, of its PostgreSQL and of this process every few milliseconds, from {@code
 * /proc/PID/task/TID/schedstat}: how long each ran, and how long it waited for a processor. Threads that did nothing
 * for a second are read once a second, unless their role says otherwise.
 */
final class ThreadSampler implements AutoCloseable {

    static final String NAME = "explain-threads";

    private static final Path PROC = Path.of("/proc");
    private static final long EVERY_NANOS = 5_000_000;
    private static final long SCAN_EVERY_NANOS = 1_000_000_000;
    private static final long KERNEL_EVERY_NANOS = 50_000_000;
    /** A shorter wait between two samples is everyday life. */
    private static final long SHORTEST_WAIT_NANOS = 200_000;
    /** Only longer waits are worth a list of who had the processors. */
    private static final long DESCRIBED_NANOS = 1_000_000;

    private static final int MOST_USERS = 5;
    private static final double NEARLY_ALL = 0.9;
    /** A backend with less of all backends' time is not the writer's. */
    private static final double WRITERS_SHARE = 0.2;

    /** A thread that is read. */
    private static final class Tracked {

        private final ThreadSamples samples;
        private final FileChannel schedstat;
        private final @Nullable FileChannel stat;
        private long lastRan = -1;
        private boolean active = true;
        private boolean seen;

        Tracked(ThreadSamples samples, FileChannel schedstat, @Nullable FileChannel stat) {
            this.samples = samples;
            this.schedstat = schedstat;
            this.stat = stat;
        }
    }

    private final OptionalLong server;
    private final OptionalLong database;
    private final KernelSamples kernel = new KernelSamples();
    private final Map<Long, Tracked> tracked = new HashMap<>();
    private final List<ThreadSamples> all = new ArrayList<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1024);
    private final byte[] bytes = new byte[1024];
    private final SamplingThread thread = new SamplingThread(NAME, EVERY_NANOS, this::run);

    /**
     * @param server the server's process
     * @param database the first process of its PostgreSQL
     */
    ThreadSampler(OptionalLong server, OptionalLong database) {
        this.server = server;
        this.database = database;
    }

    void start() {
        thread.start();
    }

    private void run() {
        long nextScan = System.nanoTime();
        long nextKernel = nextScan;
        while (!thread.isStopping()) {
            long now = System.nanoTime();
            if (now >= nextScan) {
                scan();
                nextScan = now + SCAN_EVERY_NANOS;
            }
            if (now >= nextKernel) {
                kernel.sample();
                nextKernel = now + KERNEL_EVERY_NANOS;
            }
            for (Tracked one : tracked.values()) {
                if (one.active) {
                    read(one);
                }
            }
            thread.pause();
        }
        for (Tracked one : tracked.values()) {
            read(one);
            close(one);
        }
        kernel.sample();
    }

    private void scan() {
        tracked.values().forEach(one -> one.seen = false);
        server.ifPresent(pid -> scanTasks(pid, pid, ThreadRole::ofServer));
        database.ifPresent(root -> {
            for (long pid : Processes.tree(root)) {
                scanTasks(pid, pid, _ -> ThreadRole.ofDatabase(titleOf(pid)));
            }
        });
        scanTasks(ProcessHandle.current().pid(), 0, ThreadRole::ofGenerator);
        tracked.values().removeIf(one -> {
            if (!one.seen) {
                close(one);
            }
            return !one.seen;
        });
        for (Tracked one : tracked.values()) {
            long before = one.lastRan;
            read(one);
            // The server's first thread never runs, and tells whether all of them are stopped.
            one.active = one.samples.role().isAlwaysSampled()
                    || one.lastRan != before
                    || (one.stat != null && one.samples.role() == ThreadRole.SERVER_OTHER);
        }
    }

    /** @param withState the process whose state is read, too; 0 for none */
    private void scanTasks(long pid, long withState, Function<String, ThreadRole> roles) {
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(PROC.resolve(pid + "/task"))) {
            for (Path task : tasks) {
                long tid = Long.parseLong(task.getFileName().toString());
                Tracked known = tracked.get(tid);
                if (known == null) {
                    known = track(pid, tid, task, tid == withState, roles);
                }
                if (known != null) {
                    known.seen = true;
                }
            }
        } catch (IOException e) {
            // The process has ended.
        }
    }

    private @Nullable Tracked track(
            long pid, long tid, Path task, boolean withState, Function<String, ThreadRole> roles) {
        try {
            String name = Files.readString(task.resolve("comm")).strip();
            var samples = new ThreadSamples(pid, roles.apply(name), name);
            var one = new Tracked(
                    samples,
                    FileChannel.open(task.resolve("schedstat"), StandardOpenOption.READ),
                    withState ? FileChannel.open(task.resolve("stat"), StandardOpenOption.READ) : null);
            tracked.put(tid, one);
            all.add(samples);
            return one;
        } catch (IOException e) {
            // The thread has ended, or the system counts nothing.
            return null;
        }
    }

    private static String titleOf(long pid) {
        try {
            return Files.readString(PROC.resolve(pid + "/cmdline"), StandardCharsets.ISO_8859_1)
                    .replace('\0', ' ');
        } catch (IOException e) {
            return "";
        }
    }

    private void read(Tracked one) {
        try {
            int length = read(one.schedstat);
            long now = System.nanoTime();
            int space = indexOf((byte) ' ', 0, length);
            int second = indexOf((byte) ' ', space + 1, length);
            if (space > 0 && second > 0) {
                one.lastRan = number(0, space);
                one.samples.add(now, one.lastRan, number(space + 1, second));
            }
            if (one.stat != null) {
                int end = read(one.stat);
                int bracket = indexOf((byte) ')', 0, end);
                one.samples.addState(now, bracket > 0 && bracket + 2 < end && isStopped(bytes[bracket + 2]));
            }
        } catch (IOException e) {
            // The thread has ended; the next scan takes it out.
            one.active = false;
        }
    }

    private static boolean isStopped(byte state) {
        return state == 'T' || state == 't';
    }

    private int read(FileChannel channel) throws IOException {
        buffer.clear();
        int length = Math.max(0, channel.read(buffer, 0));
        buffer.flip();
        buffer.get(bytes, 0, length);
        return length;
    }

    private int indexOf(byte wanted, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] == wanted) {
                return i;
            }
        }
        return -1;
    }

    private long number(int from, int to) {
        long value = 0;
        for (int i = from; i < to; i++) {
            value = 10 * value + (bytes[i] - '0');
        }
        return value;
    }

    private static void close(Tracked one) {
        try {
            one.schedstat.close();
            if (one.stat != null) {
                one.stat.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the sampling, and waits for the last sample. */
    @Override
    public void close() {
        thread.stop();
    }

    /** Returns the counters of the kernel. To be called after the end, as everything below. */
    KernelSamples kernel() {
        return kernel;
    }

    /** Returns the threads that were sampled. */
    List<ThreadSamples> threads() {
        return all;
    }

    /** Returns the processes that are the writer's backends: nearly always one. */
    static List<Long> writersBackends(List<ThreadSamples> threads) {
        List<ThreadSamples> backends = with(threads, ThreadRole.BACKEND);
        long together = backends.stream().mapToLong(ThreadSamples::ran).sum();
        return backends.stream()
                .filter(one -> one.ran() > 0 && one.ran() >= WRITERS_SHARE * together)
                .map(ThreadSamples::process)
                .toList();
    }

    private static List<ThreadSamples> with(List<ThreadSamples> threads, ThreadRole role) {
        return threads.stream().filter(one -> one.role() == role).toList();
    }

    /** Returns the disturbances that the samples show. */
    static Map<Cause, List<Disturbance>> disturbances(List<ThreadSamples> threads, int processors) {
        var disturbances = new EnumMap<Cause, List<Disturbance>>(Cause.class);
        List<Long> backends = writersBackends(threads);
        addWaits(disturbances, Cause.WRITER_QUEUED, threads, one -> one.role() == ThreadRole.WRITER, processors);
        addWaits(disturbances, Cause.CARRIER_QUEUED, threads, one -> one.role() == ThreadRole.CARRIER, processors);
        addWaits(disturbances, Cause.GENERATOR_QUEUED, threads, one -> one.role() == ThreadRole.GENERATOR, processors);
        Predicate<ThreadSamples> isBackend =
                one -> one.role() == ThreadRole.BACKEND && backends.contains(one.process());
        addWaits(disturbances, Cause.BACKEND_QUEUED, threads, isBackend, processors);
        var runs = new ArrayList<Disturbance>();
        var stops = new ArrayList<Disturbance>();
        threads.stream().filter(isBackend).forEach(one -> {
            runs.addAll(one.runs());
            stops.addAll(one.stops());
        });
        if (!backends.isEmpty()) {
            disturbances.put(Cause.BACKEND_RUNS, runs);
        }
        disturbances.put(Cause.DATABASE_STOPPED, stops);
        disturbances.put(
                Cause.SERVER_STOPPED,
                threads.stream()
                        .filter(one -> one.role() == ThreadRole.SERVER_OTHER)
                        .flatMap(one -> one.stops().stream())
                        .toList());
        disturbances.put(
                Cause.CARRIERS_BUSY, ThreadSamples.allBusy(with(threads, ThreadRole.CARRIER), processors, NEARLY_ALL));
        return disturbances;
    }

    private static void addWaits(
            Map<Cause, List<Disturbance>> disturbances,
            Cause cause,
            List<ThreadSamples> threads,
            Predicate<ThreadSamples> which,
            int processors) {
        var waits = new ArrayList<Disturbance>();
        threads.stream()
                .filter(which)
                .forEach(one -> waits.addAll(one.waits(
                        SHORTEST_WAIT_NANOS,
                        (from, to, wait) -> wait < DESCRIBED_NANOS
                                ? ""
                                : usersOf(threads, List.of(new Disturbance(from, to, "")), processors))));
        disturbances.put(cause, waits);
    }

    /**
     * Returns, for each cause that is a wait for a processor, who had the processors during the waits that late
     * messages met.
     */
    static Map<Cause, String> usersWhileQueued(List<ThreadSamples> threads, List<Diagnosis> diagnoses, int processors) {
        var users = new EnumMap<Cause, String>(Cause.class);
        for (Cause cause :
                List.of(Cause.WRITER_QUEUED, Cause.CARRIER_QUEUED, Cause.BACKEND_QUEUED, Cause.GENERATOR_QUEUED)) {
            var waits = new HashSet<Disturbance>();
            for (Diagnosis diagnosis : diagnoses) {
                @Nullable Disturbance wait = diagnosis.seen().get(cause);
                if (wait != null) {
                    waits.add(wait);
                }
            }
            if (!waits.isEmpty()) {
                users.put(cause, usersOf(threads, waits, processors));
            }
        }
        return users;
    }

    /** Returns who had the processors in some stretches, in words. */
    private static String usersOf(List<ThreadSamples> threads, Collection<Disturbance> stretches, int processors) {
        var byRole = new EnumMap<ThreadRole, Double>(ThreadRole.class);
        double known = 0;
        double whole = 0;
        for (Disturbance stretch : stretches) {
            whole += (double) processors * stretch.nanos();
            for (ThreadSamples one : threads) {
                double ran = one.ranIn(stretch.from(), stretch.to());
                known += ran;
                if (ran > 0) {
                    byRole.merge(one.role(), ran, Double::sum);
                }
            }
        }
        double all = whole;
        var words = new ArrayList<String>();
        byRole.entrySet().stream()
                .sorted(Map.Entry.<ThreadRole, Double>comparingByValue().reversed())
                .limit(MOST_USERS)
                .forEach(entry -> words.add(String.format(
                        Locale.ROOT, "%s %.0f %%", entry.getKey().title(), 100 * entry.getValue() / all)));
        words.add(String.format(Locale.ROOT, "others or idle %.0f %%", Math.max(0, 100 * (all - known) / all)));
        return "on the processors " + String.join(", ", words);
    }
}
