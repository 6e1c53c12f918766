package zap.bench.explain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/** Disturbances of one kind, in the order in which they began. They may overlap. */
public final class DisturbanceLog {

    static final DisturbanceLog EMPTY = new DisturbanceLog(List.of());

    private final List<Disturbance> sorted;
    /** For each of them, the latest end up to it. */
    private final long[] latestEnd;

    /** Takes these, in any order. */
    public DisturbanceLog(List<Disturbance> disturbances) {
        sorted = new ArrayList<>(disturbances);
        sorted.sort(Comparator.comparingLong(Disturbance::from));
        latestEnd = new long[sorted.size()];
        long latest = Long.MIN_VALUE;
        for (int i = 0; i < latestEnd.length; i++) {
            latest = Math.max(latest, sorted.get(i).to());
            latestEnd[i] = latest;
        }
    }

    /** Returns all of them. */
    public List<Disturbance> all() {
        return sorted;
    }

    /** Passes on those that have some time in common with a stretch, in the order in which they began. */
    void forEachIn(long from, long to, Consumer<Disturbance> consumer) {
        int low = 0;
        int high = latestEnd.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (latestEnd[middle] > from) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        for (int i = low; i < sorted.size() && sorted.get(i).from() < to; i++) {
            if (sorted.get(i).to() > from) {
                consumer.accept(sorted.get(i));
            }
        }
    }

    /** Returns whether one of them has some time in common with a stretch. */
    boolean touches(long from, long to) {
        var found = new boolean[1];
        forEachIn(from, to, _ -> found[0] = true);
        return found[0];
    }

    /** Returns the time within a stretch that is covered by at least one of them. */
    long covered(long from, long to) {
        var sum = new long[2];
        sum[1] = from;
        forEachIn(from, to, one -> {
            long begin = Math.max(one.from(), sum[1]);
            long end = Math.min(one.to(), to);
            if (end > begin) {
                sum[0] += end - begin;
                sum[1] = end;
            }
        });
        return sum[0];
    }
}
