package zap.server.gateway.session;

import java.time.Duration;

/**
 * How fast a peer may send: so many frames a second, and what it has saved up within one second at once. Whoever is faster is read more slowly;
 * its TCP makes it wait, and nobody else.
 *
 * <p>A token bucket, kept as the moment at which all that came would have come at the highest pace. One thread uses it, the connection's own.
 */
final class FramePace {

    private static final long BURST_NANOS = Duration.ofSeconds(1).toNanos();

    private final double nanosPerFrame;
    private long paidUntilNanos;

    /** @param now as all other times: what {@link System#nanoTime} says */
    FramePace(int framesPerSecond, long now) {
        this.nanosPerFrame = (double) Duration.ofSeconds(1).toNanos() / framesPerSecond;
        this.paidUntilNanos = now - BURST_NANOS;
    }

    /**
     * So many frames were taken.
     *
     * @return for how many nanoseconds the next are not to be read; none or less than that when they may be at once
     */
    long taken(int frames, long now) {
        long from = Math.max(paidUntilNanos - now, -BURST_NANOS);
        paidUntilNanos = now + from + (long) (frames * nanosPerFrame);
        return paidUntilNanos - now;
    }
}
