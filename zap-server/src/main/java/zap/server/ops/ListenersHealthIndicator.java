package zap.server.ops;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;
import zap.server.gateway.Gateway;

/** Whether both listeners really listen: appears as {@code listeners} in the health endpoint, and is part of readiness. */
@Component
class ListenersHealthIndicator implements HealthIndicator {

    private final Gateway gateway;

    ListenersHealthIndicator(Gateway gateway) {
        this.gateway = gateway;
    }

    @Override
    public Health health() {
        Health.Builder health = gateway.isListening() ? Health.up() : Health.down();
        return health.withDetail("main", gateway.port())
                .withDetail("recv", gateway.recvPort())
                .withDetail("deliveredWhen", gateway.deliveredWhen())
                .build();
    }
}
