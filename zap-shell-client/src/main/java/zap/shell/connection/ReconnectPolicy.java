package zap.shell.connection;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The policy of reconnecting: when to dial again, and which address.
 *
 * <ul>
 *   <li>After the loss of a session that has lasted, at once, and at the same address: the connection alone may be
 *       gone.
 *   <li>When that fails and there are other addresses, a node is probably gone, and many clients have lost it at the
 *       same moment. So this one waits for a random time, uniform over some seconds, before it goes to another address.
 *   <li>When the server has said that it shuts down, the time is shorter, because servers among others close their
 *       sessions one after the other.
 *   <li>When an address fails otherwise, the next one is tried at once, until all of them have failed.
 *   <li>Then there is a pause. Each is longer than the one before, and random.
 * </ul>
 */
public final class ReconnectPolicy {

    /** The time over which the clients of a node spread when it is gone. */
    static final Duration SPREAD = Duration.ofSeconds(5);

    /** The time over which the clients of a server spread when it has said that it shuts down. */
    static final Duration LEAVING_SPREAD = Duration.ofSeconds(2);

    /**
     * The time after which a session has lasted. A server that ends sessions at their beginning is not dialled at once
     * again and again.
     */
    static final Duration LASTING = Duration.ofSeconds(3);

    private final Duration first;
    private final Duration longest;
    private final RandomGenerator random;
    private final InstantSource clock;
    private volatile int pauses;
    private volatile boolean hasCarried;
    private @Nullable Instant onlineSince;
    private boolean returning;

    /**
     * The next attempt.
     *
     * @param pause before it; zero for at once
     * @param isAtSameAddress whether it goes to the address of the newest connection, and to no other
     */
    public record Attempt(Duration pause, boolean isAtSameAddress) {}

    public ReconnectPolicy(Duration first, Duration longest, RandomGenerator random, InstantSource clock) {
        this.first = first;
        this.longest = longest;
        this.random = random;
        this.clock = clock;
    }

    /** Returns a policy with pauses of half a second at first and half a minute at most. */
    public static ReconnectPolicy usual(RandomGenerator random, InstantSource clock) {
        return new ReconnectPolicy(Duration.ofMillis(500), Duration.ofSeconds(30), random, clock);
    }

    /** Notes that a session has begun. */
    void online() {
        onlineSince = clock.instant();
        hasCarried = false;
    }

    /** Starts over with the first pause, because a connection has carried frames. May be called by any thread. */
    void carried() {
        pauses = 0;
        hasCarried = true;
    }

    /**
     * Returns the next attempt after a session has ended, or could not begin.
     *
     * @param problem the reason; null when there is none
     * @param dialer of the server. It is told whether its address has worked or failed
     */
    Attempt next(ServerConnection.@Nullable ConnectionProblem problem, Transport.Dialer dialer) {
        @Nullable Instant since = onlineSince;
        // A node that hangs accepts a base session and never answers: that session has not lasted, however long it
        // took.
        boolean isSilent = problem == ServerConnection.ConnectionProblem.NO_ANSWER && !hasCarried;
        boolean hasLasted = since != null && !isSilent && !clock.instant().isBefore(since.plus(LASTING));
        boolean hasReturned = returning;
        onlineSince = null;
        returning = false;
        if (problem == null || !problem.isOfAddress()) {
            return new Attempt(pause(), false);
        }
        if (hasLasted) {
            dialer.worked();
        }
        boolean isLeaving = problem == ServerConnection.ConnectionProblem.SHUTTING_DOWN;
        if (hasLasted && !isLeaving) {
            returning = true;
            return new Attempt(Duration.ZERO, true);
        }
        boolean hasOthers = dialer.failed();
        if (hasLasted || (hasReturned && hasOthers)) {
            return new Attempt(upTo(isLeaving ? LEAVING_SPREAD : SPREAD), false);
        }
        return new Attempt(hasOthers ? Duration.ZERO : pause(), false);
    }

    private Duration upTo(Duration most) {
        return Duration.ofMillis(random.nextLong(most.toMillis()));
    }

    /**
     * Returns the next pause: between half of the present length and all of it. The length doubles each time, up to the
     * longest.
     */
    private Duration pause() {
        int before = pauses;
        pauses = before + 1;
        long full = Math.min(longest.toMillis(), first.toMillis() << Math.min(before, 20));
        return Duration.ofMillis(full / 2 + random.nextLong(full / 2 + 1));
    }
}
