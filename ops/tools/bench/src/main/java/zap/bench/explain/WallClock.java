package zap.bench.explain;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The relation between the clock of the wall, which recordings and logs use, and {@link System#nanoTime()}.
 *
 * @param offset nanoseconds of the wall since 1970 minus nanoTime
 * @param error by how much a converted time may be wrong, in nanoseconds
 */
record WallClock(long offset, long error) {

    private static final int READINGS = 50;
    private static final double NEARLY_ALL = 0.99;

    /** Compares the two clocks of this machine: of several readings, the one that took the least time. */
    static WallClock now() {
        long best = Long.MAX_VALUE;
        long offset = 0;
        for (int i = 0; i < READINGS; i++) {
            long before = System.nanoTime();
            Instant wall = Instant.now();
            long after = System.nanoTime();
            if (after - before < best) {
                best = after - before;
                offset = nanos(wall) - (before + (after - before) / 2);
            }
        }
        // Instant.now() has a resolution of a microsecond where the system gives no more.
        return new WallClock(offset, best + 1_000);
    }

    static long nanos(Instant wall) {
        return wall.getEpochSecond() * 1_000_000_000 + wall.getNano();
    }

    /** Returns the nanoTime of a time of the wall. */
    long toNanoTime(Instant wall) {
        return nanos(wall) - offset;
    }

    /**
     * Returns the clock of a recording whose events tell the nanoTime of their begin, too. The median difference is the
     * offset; the error is that of nearly all of them.
     *
     * @param differences wall minus nanoTime, of each such event
     */
    WallClock alignedWith(List<Long> differences) {
        if (differences.isEmpty()) {
            return this;
        }
        var sorted = new ArrayList<>(differences);
        Collections.sort(sorted);
        long median = sorted.get(sorted.size() / 2);
        var distances = new ArrayList<Long>();
        sorted.forEach(difference -> distances.add(Math.abs(difference - median)));
        Collections.sort(distances);
        return new WallClock(median, distances.get((int) ((distances.size() - 1) * NEARLY_ALL)));
    }
}
