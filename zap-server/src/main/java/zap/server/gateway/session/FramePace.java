package zap.server.gateway.session;

import java.time.Duration;

/**
 * The rate limit of one peer: a number of frames a second, and at once as many as it has saved within one second. A
 * faster peer is read more slowly. Its own TCP makes it wait, and no other peer.
 *
 * <p>It is a token bucket, kept as the time at which all frames so far would have come at the highest rate. For the
 * connection's own thread.
 */
final class FramePace {

    private static final long BURST_NANOS = Duration.ofSeconds(1).toNanos();

    private final double nanosPerFrame;
    private long paidUntilNanos;

    /** @param now {@link System#nanoTime()}, as all other times here */
    FramePace(int framesPerSecond, long now) {
        this.nanosPerFrame = (double) Duration.ofSeconds(1).toNanos() / framesPerSecond;
        this.paidUntilNanos = now - BURST_NANOS;
    }

    /**
     * Counts frames.
     *
     * @return for how many nanoseconds the next must not be read; zero or less when they may be read at once
     */
    long taken(int frames, long now) {
        long from = Math.max(paidUntilNanos - now, -BURST_NANOS);
        paidUntilNanos = now + from + (long) (frames * nanosPerFrame);
        return paidUntilNanos - now;
    }
}
