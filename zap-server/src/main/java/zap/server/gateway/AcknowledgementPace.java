package zap.server.gateway;

import java.util.concurrent.TimeUnit;

/**
 * When to ask again what has been acknowledged, for nobody tells us when it is.
 *
 * <p>The first time after it took that long before: a path and a peer have their ways, some acknowledge within microseconds, some wait 40
 * ms for something to say with it, some are on the other side of the world. Then ever more rarely, so that a host that has vanished
 * costs little, and what is acknowledged is noticed after at most half as much time again.
 */
final class AcknowledgementPace {

    private static final long SHORTEST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** However slow it was, it may have become faster. */
    private static final long MOST_EXPECTED_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private long expectedNanos = SHORTEST_NANOS;
    private long askedNanos = System.nanoTime();
    private long hurriedNanos = askedNanos;

    /** We have asked. */
    void asked(long nowNanos) {
        askedNanos = nowNanos;
    }

    /** Something that was written then has been acknowledged. */
    void acknowledged(long writtenNanos, long nowNanos) {
        // A little less than it took to notice it: it may have been there for a while.
        expectedNanos = Math.clamp((nowNanos - writtenNanos) / 8 * 7, SHORTEST_NANOS, MOST_EXPECTED_NANOS);
    }

    /** Somebody waits for it now: we ask as often as if it had just been written. */
    void hurry(long nowNanos) {
        hurriedNanos = nowNanos;
        expectedNanos = SHORTEST_NANOS;
    }

    /** How long to wait before we ask again; not positive when it is time. */
    long nanosToWait(long oldestWrittenNanos, long nowNanos) {
        long since = hurriedNanos - oldestWrittenNanos > 0 ? hurriedNanos : oldestWrittenNanos;
        long first = since + expectedNanos;
        long next = askedNanos - first < 0
                ? first
                : askedNanos + Math.clamp((askedNanos - since) / 2, SHORTEST_NANOS, LONGEST_NANOS);
        return next - nowNanos;
    }
}
