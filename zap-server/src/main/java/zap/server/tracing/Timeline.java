package zap.server.tracing;

import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/**
 * The times of one trace. The clock on the wall is looked at once, and all else is how much later or earlier it was: so no stage ends before
 * it has begun when somebody sets the clock meanwhile.
 *
 * @param epochNanos the time on the wall, in nanoseconds since 1970
 * @param nanos {@link System#nanoTime()} then
 */
record Timeline(long epochNanos, long nanos) {

    static Timeline now(Clock clock) {
        Instant now = clock.instant();
        return new Timeline(TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano(), System.nanoTime());
    }

    /** The time on the wall, in nanoseconds since 1970, at a moment of {@link System#nanoTime()}. */
    long at(long moment) {
        return epochNanos + (moment - nanos);
    }
}
