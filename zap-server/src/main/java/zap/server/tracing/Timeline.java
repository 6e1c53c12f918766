package zap.server.tracing;

import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/**
 * The times of one trace. It reads the wall clock once and measures everything else relative to that, so that no stage
 * ends before it began when the clock is set meanwhile.
 *
 * @param epochNanos the wall-clock time, in nanoseconds since 1970
 * @param nanos {@link System#nanoTime()} at that time
 */
record Timeline(long epochNanos, long nanos) {

    static Timeline now(Clock clock) {
        Instant now = clock.instant();
        return new Timeline(TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano(), System.nanoTime());
    }

    /** Returns the wall-clock time, in nanoseconds since 1970, at a moment of {@link System#nanoTime()}. */
    long at(long moment) {
        return epochNanos + (moment - nanos);
    }
}
