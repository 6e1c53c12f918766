package zap.server.ops;

import java.util.Optional;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;
import zap.server.gateway.Gateway;

/**
 * Reports whether one more connection can be accepted. It appears as {@code connections} in the health endpoint, and is
 * part of readiness.
 */
@Component
class ConnectionsHealthIndicator implements HealthIndicator {

    private final Gateway gateway;

    ConnectionsHealthIndicator(Gateway gateway) {
        this.gateway = gateway;
    }

    @Override
    public Health health() {
        Optional<String> full = gateway.full();
        Health.Builder health =
                full.map(why -> Health.down().withDetail("trouble", why)).orElseGet(Health::up);
        return health.withDetail("open", gateway.connections())
                .withDetail("atMost", gateway.maxConnections())
                .build();
    }
}
