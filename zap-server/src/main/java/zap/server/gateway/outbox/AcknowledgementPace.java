package zap.server.gateway.outbox;

import java.util.concurrent.TimeUnit;

/**
 * The times at which an outbox asks again what has been acknowledged, because the system sends no notice.
 *
 * <p>The first time is after the delay that is usual for this peer: some acknowledge within microseconds, some delay
 * acknowledgements by 40 ms, some are on another continent. Then the delay grows with the time waited. So a host that
 * has vanished costs little, and an acknowledgement is noticed after at most half as much time again.
 */
final class AcknowledgementPace {

    private static final long SHORTEST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Upper bound of the expectation: a slow peer may have become faster. */
    private static final long MOST_EXPECTED_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private long expectedNanos = SHORTEST_NANOS;

    /** Adapts the expectation to bytes that were found to be acknowledged. */
    void acknowledged(long writtenNanos, long nowNanos) {
        // A little less than the time until it was noticed, because it may have been there for a while. And only a part
        // of the way to that: most peers acknowledge the second of two segments at once, and a single one late.
        long aim = Math.clamp((nowNanos - writtenNanos) / 8 * 7, SHORTEST_NANOS, MOST_EXPECTED_NANOS);
        expectedNanos += (aim - expectedNanos) / 4;
    }

    /**
     * Returns how long to wait, after asking now, before asking again about bytes that were written at {@code
     * writtenNanos}.
     */
    long nanosToWait(long writtenNanos, long nowNanos) {
        long waited = nowNanos - writtenNanos;
        return waited < expectedNanos ? expectedNanos - waited : Math.clamp(waited / 2, SHORTEST_NANOS, LONGEST_NANOS);
    }
}
