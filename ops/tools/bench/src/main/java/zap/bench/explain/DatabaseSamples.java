package zap.bench.explain;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Samples of what the processes of PostgreSQL wait for. A sample stands for the time halfway to its neighbours. */
final class DatabaseSamples {

    /** A sample stands for at most this long to either side, however far its neighbours are. */
    private static final long REACH_NANOS = 15_000_000;

    /**
     * A process of PostgreSQL that was doing something.
     *
     * @param pid the process
     * @param type its type, as in pg_stat_activity
     * @param waitType the type of what it waits for; empty for nothing
     * @param event the name of what it waits for; empty for nothing
     */
    record Activity(long pid, String type, String waitType, String event) {}

    private record Sample(long at, List<Activity> activities) {}

    private final List<Sample> samples = new ArrayList<>();
    private final List<Disturbance> walSwitches = new ArrayList<>();
    private long segment = -1;
    private long segmentSeen;

    /** Adds the processes that were doing something at a time. */
    void add(long at, List<Activity> activities) {
        samples.add(new Sample(at, activities));
    }

    /** Adds the number of the log's file that was written to at a time. */
    void addSegment(long at, long number) {
        if (segment >= 0 && number != segment) {
            walSwitches.add(new Disturbance(segmentSeen, at, "to file " + number));
        }
        segment = number;
        segmentSeen = at;
    }

    /** Returns the number of samples. */
    int size() {
        return samples.size();
    }

    private interface Filter {
        String detailOf(Activity activity);
    }

    private List<Disturbance> stretches(Filter filter) {
        var stretches = new ArrayList<Disturbance>();
        for (int i = 0; i < samples.size(); i++) {
            Sample sample = samples.get(i);
            for (Activity activity : sample.activities()) {
                String detail = filter.detailOf(activity);
                if (!detail.isEmpty()) {
                    long before =
                            i == 0 ? sample.at() : middle(samples.get(i - 1).at(), sample.at());
                    long after = i + 1 == samples.size()
                            ? sample.at()
                            : middle(sample.at(), samples.get(i + 1).at());
                    add(
                            stretches,
                            new Disturbance(
                                    Math.max(before, sample.at() - REACH_NANOS),
                                    Math.min(after, sample.at() + REACH_NANOS),
                                    detail));
                }
            }
        }
        return stretches;
    }

    /** Adds a stretch, or makes the last one longer if it is the same thing going on. */
    private static void add(List<Disturbance> stretches, Disturbance next) {
        if (!stretches.isEmpty()) {
            Disturbance last = stretches.getLast();
            if (last.to() == next.from() && last.detail().equals(next.detail())) {
                stretches.set(stretches.size() - 1, new Disturbance(last.from(), next.to(), last.detail()));
                return;
            }
        }
        stretches.add(next);
    }

    private static long middle(long one, long other) {
        return one + (other - one) / 2;
    }

    /**
     * Returns the waits of the writer's backend by their causes.
     *
     * @param backends the processes that are the writer's
     * @param checkpoints the times of checkpoints
     */
    Map<Cause, List<Disturbance>> disturbances(Collection<Long> backends, DisturbanceLog checkpoints) {
        var disturbances = new EnumMap<Cause, List<Disturbance>>(Cause.class);
        List<Disturbance> waits = stretches(activity ->
                backends.contains(activity.pid()) && !activity.event().isEmpty()
                        ? activity.waitType() + ":" + activity.event()
                        : "");
        for (Disturbance wait : waits) {
            boolean inCheckpoint = checkpoints.touches(wait.from(), wait.to());
            disturbances
                    .computeIfAbsent(causeOf(wait.detail(), inCheckpoint), _ -> new ArrayList<>())
                    .add(wait);
        }
        return disturbances;
    }

    /**
     * Returns the cause for which a wait event stands.
     *
     * @param event its type and name, as in {@code IO:WalSync}
     */
    static Cause causeOf(String event, boolean inCheckpoint) {
        int colon = event.indexOf(':');
        String type = event.substring(0, Math.max(0, colon));
        String name = event.substring(colon + 1);
        if (type.equals("IO") && name.matches("Wal(Init|Copy).*")) {
            return Cause.WAL_FILE;
        }
        if ((type.equals("IO") && name.startsWith("Wal"))
                || event.equals("LWLock:WALWrite")
                || event.equals("LWLock:WALBufMapping")) {
            return inCheckpoint ? Cause.WAL_FLUSH_IN_CHECKPOINT : Cause.WAL_FLUSH;
        }
        return switch (type) {
            case "Lock" -> Cause.DATABASE_LOCK;
            case "LWLock", "BufferPin" -> Cause.DATABASE_INTERNAL_LOCK;
            case "IO" -> Cause.DATABASE_IO;
            default -> Cause.DATABASE_OTHER_WAIT;
        };
    }

    /** Returns the circumstances that the samples show. */
    Map<Circumstance, List<Disturbance>> circumstances() {
        var circumstances = new EnumMap<Circumstance, List<Disturbance>>(Circumstance.class);
        circumstances.put(
                Circumstance.AUTOVACUUM,
                stretches(activity -> activity.type().equals("autovacuum worker") ? "worker" : ""));
        circumstances.put(Circumstance.WAL_SWITCH, walSwitches);
        return circumstances;
    }
}
