package zap.server.gateway.session;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.springframework.stereotype.Component;
import zap.server.gateway.settings.GatewayProperties;

/**
 * The limit of registrations from one address within a minute. Each registration is a row that stays, so an address
 * must not get any number of them. Programs of this machine are the operator's own and are not counted.
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
     * Counts a registration.
     *
     * @param now {@link System#nanoTime()}
     * @return false when the limit is exceeded
     */
    synchronized boolean tryAcquire(Origin origin, long now) {
        if (now - minuteSinceNanos >= MINUTE) {
            minuteSinceNanos = now;
            byOrigin.clear();
        }
        return origin.isThisMachine() || byOrigin.merge(origin, 1, Integer::sum) <= most;
    }
}
