package zap.shell.connection;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** How long to wait before the next attempt: longer each time, and never as long as the others, so that they do not all come at once. */
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

    /** Half a second at first, half a minute at most. */
    public static ReconnectPauses usual(RandomGenerator random) {
        return new ReconnectPauses(Duration.ofMillis(500), Duration.ofSeconds(30), random);
    }

    /** Between half and all of twice the one before. */
    public Duration next() {
        long full = Math.min(longest.toMillis(), first.toMillis() << Math.min(attempts, 20));
        attempts++;
        return Duration.ofMillis(full / 2 + random.nextLong(full / 2 + 1));
    }

    /** A connection has worked: the next trouble is a new one. */
    public void reset() {
        attempts = 0;
    }
}
