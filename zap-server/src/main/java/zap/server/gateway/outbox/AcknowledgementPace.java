package zap.server.gateway.outbox;

import java.util.concurrent.TimeUnit;

/**
 * When to ask again what has been acknowledged, for nobody tells us when it is.
 *
 * <p>The first time after it usually takes: a path and a peer have their ways, some acknowledge within microseconds, some wait
 * 40 ms for something to say with it, some are on the other side of the world. Then ever more rarely, so that a host that has vanished
 * costs little, and what is acknowledged is noticed after at most half as much time again.
 */
final class AcknowledgementPace {

    private static final long SHORTEST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** However slow it was, it may have become faster. */
    private static final long MOST_EXPECTED_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private long expectedNanos = SHORTEST_NANOS;

    /** Something that was written then turns out to be acknowledged. */
    void acknowledged(long writtenNanos, long nowNanos) {
        // A little less than it took to notice it: it may have been there for a while. And only a part of the way to
        // that, for most peers acknowledge the second of two segments at once, and a lone one late.
        long aim = Math.clamp((nowNanos - writtenNanos) / 8 * 7, SHORTEST_NANOS, MOST_EXPECTED_NANOS);
        expectedNanos += (aim - expectedNanos) / 4;
    }

    /** How long to wait, after having asked now, before asking again about what was written then. */
    long nanosToWait(long writtenNanos, long nowNanos) {
        long waited = nowNanos - writtenNanos;
        return waited < expectedNanos ? expectedNanos - waited : Math.clamp(waited / 2, SHORTEST_NANOS, LONGEST_NANOS);
    }
}
