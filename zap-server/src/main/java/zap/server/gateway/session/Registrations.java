package zap.server.gateway.session;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.springframework.stereotype.Component;
import zap.server.gateway.settings.GatewayProperties;

/**
 * How many register from one address within a minute. Each of them is a row for ever, so one address does not get any number of them. Programs of
 * this machine are the operator's own, and not counted.
 */
@Component
class Registrations {

    private static final long MINUTE = Duration.ofMinutes(1).toNanos();

    private final int most;

    // Guarded by this.
    private final Map<Origin, Integer> byOrigin = new HashMap<>();
    private long minuteSinceNanos;

    Registrations(GatewayProperties properties) {
        this.most = properties.registrationsPerMinute();
        this.minuteSinceNanos = System.nanoTime();
    }

    /**
     * Counts one more.
     *
     * @param now what {@link System#nanoTime} says
     * @return false when it is one too many
     */
    synchronized boolean oneMore(Origin origin, long now) {
        if (now - minuteSinceNanos >= MINUTE) {
            minuteSinceNanos = now;
            byOrigin.clear();
        }
        return origin.isThisMachine() || byOrigin.merge(origin, 1, Integer::sum) <= most;
    }
}
