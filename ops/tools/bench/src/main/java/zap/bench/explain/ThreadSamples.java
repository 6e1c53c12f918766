package zap.bench.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Samples of one thread as the scheduler counts: for how long it ran, and for how long it was ready to and had no
 * processor. Where in the time between two samples it did so is not known; it is assumed that it waited first, and then
 * ran until the second sample.
 */
final class ThreadSamples {

    private final long process;
    private final ThreadRole role;
    private final String name;
    private long[] at = new long[256];
    private long[] ran = new long[256];
    private long[] waited = new long[256];
    private final List<Disturbance> stops = new ArrayList<>();
    private long stoppedSince;
    private int size;

    ThreadSamples(long process, ThreadRole role, String name) {
        this.process = process;
        this.role = role;
        this.name = name;
    }

    long process() {
        return process;
    }

    ThreadRole role() {
        return role;
    }

    String name() {
        return name;
    }

    /**
     * Adds a sample.
     *
     * @param now the time
     * @param totalRan nanoseconds that it has run since it began
     * @param totalWaited nanoseconds that it has waited for a processor since it began
     */
    void add(long now, long totalRan, long totalWaited) {
        if (size == at.length) {
            at = Arrays.copyOf(at, 2 * size);
            ran = Arrays.copyOf(ran, 2 * size);
            waited = Arrays.copyOf(waited, 2 * size);
        }
        at[size] = now;
        ran[size] = totalRan;
        waited[size] = totalWaited;
        size++;
    }

    /** Notes whether the process is stopped by a signal. */
    void addState(long now, boolean stopped) {
        if (stopped && stoppedSince == 0) {
            // It was stopped some time after the sample before.
            stoppedSince = size > 1 ? at[size - 2] : now;
        } else if (!stopped && stoppedSince != 0) {
            stops.add(new Disturbance(stoppedSince, now, "stopped by a signal"));
            stoppedSince = 0;
        }
    }

    /** Returns the times for which the process was stopped. */
    List<Disturbance> stops() {
        return stops;
    }

    /** Returns the nanoseconds that it ran between its first and its last sample. */
    long ran() {
        return size == 0 ? 0 : ran[size - 1] - ran[0];
    }

    /** Returns the nanoseconds that it waited for a processor between its first and its last sample. */
    long waited() {
        return size == 0 ? 0 : waited[size - 1] - waited[0];
    }

    /** Returns how much it ran in a stretch, in nanoseconds, if it ran evenly between two samples. */
    double ranIn(long from, long to) {
        return totalAt(ran, to) - totalAt(ran, from);
    }

    private double totalAt(long[] totals, long time) {
        if (size == 0) {
            return 0;
        }
        int found = Arrays.binarySearch(at, 0, size, time);
        if (found >= 0) {
            return totals[found];
        }
        int after = -found - 1;
        if (after == 0) {
            return totals[0];
        }
        if (after == size) {
            return totals[size - 1];
        }
        double part = (double) (time - at[after - 1]) / (at[after] - at[after - 1]);
        return totals[after - 1] + part * (totals[after] - totals[after - 1]);
    }

    /** Returns the stretches in which it waited for a processor for at least a minimum. */
    List<Disturbance> waits(long atLeast, Describer describer) {
        var waits = new ArrayList<Disturbance>();
        for (int i = 1; i < size; i++) {
            long wait = waited[i] - waited[i - 1];
            if (wait >= atLeast) {
                // A wait is counted when it is over, so it may have begun before the sample before.
                long end = at[i] - Math.min(ran[i] - ran[i - 1], at[i] - at[i - 1]);
                waits.add(new Disturbance(end - wait, end, describer.describe(end - wait, at[i], wait)));
            }
        }
        return waits;
    }

    /** Says something about a stretch with a wait. */
    interface Describer {
        String describe(long from, long to, long wait);
    }

    /** Returns the stretches in which it ran. */
    List<Disturbance> runs() {
        var runs = new ArrayList<Disturbance>();
        for (int i = 1; i < size; i++) {
            long run = Math.min(ran[i] - ran[i - 1], at[i] - at[i - 1]);
            if (run > 0) {
                runs.add(new Disturbance(at[i] - run, at[i], ""));
            }
        }
        return runs;
    }

    /** Returns the stretches between samples in which these threads together were busy for nearly all the time. */
    static List<Disturbance> allBusy(List<ThreadSamples> threads, int processors, double nearlyAll) {
        var busy = new ArrayList<Disturbance>();
        if (threads.isEmpty()) {
            return busy;
        }
        ThreadSamples clock = threads.getFirst();
        for (ThreadSamples one : threads) {
            clock = one.size > clock.size ? one : clock;
        }
        for (int i = 1; i < clock.size; i++) {
            long from = clock.at[i - 1];
            long to = clock.at[i];
            double sum = 0;
            for (ThreadSamples one : threads) {
                sum += one.ranIn(from, to) + one.totalAt(one.waited, to) - one.totalAt(one.waited, from);
            }
            if (sum >= nearlyAll * (to - from) * Math.min(processors, threads.size())) {
                busy.add(new Disturbance(from, to, ""));
            }
        }
        return busy;
    }
}
