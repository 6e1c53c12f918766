package zap.shell.connection;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * The pauses before attempts to reconnect. Each is longer than the one before, and random, so that clients do not come
 * back all at once.
 */
public final class ReconnectPauses {

    private final Duration first;
    private final Duration longest;
    private final RandomGenerator random;
    private int attempts;

    public ReconnectPauses(Duration first, Duration longest, RandomGenerator random) {
        this.first = first;
        this.longest = longest;
        this.random = random;
    }

    /** Returns pauses of half a second at first and half a minute at most. */
    public static ReconnectPauses usual(RandomGenerator random) {
        return new ReconnectPauses(Duration.ofMillis(500), Duration.ofSeconds(30), random);
    }

    /**
     * Returns the next pause: between half of the present length and all of it. The length doubles each time, up to the
     * longest.
     */
    public Duration next() {
        long full = Math.min(longest.toMillis(), first.toMillis() << Math.min(attempts, 20));
        attempts++;
        return Duration.ofMillis(full / 2 + random.nextLong(full / 2 + 1));
    }

    /** Starts over with the first pause, because a connection has worked. */
    public void reset() {
        attempts = 0;
    }
}
