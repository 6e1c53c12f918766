package zap.server.ops;

import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;
import zap.server.gateway.Gateway;

/**
 * Reports whether the listeners are open. It appears as {@code listeners} in the health endpoint, and is part of
 * readiness.
 */
@Component
class ListenersHealthIndicator implements HealthIndicator {

    private final Gateway gateway;

    ListenersHealthIndicator(Gateway gateway) {
        this.gateway = gateway;
    }

    @Override
    public Health health() {
        Health.Builder health = gateway.isListening() ? Health.up() : Health.down();
        if (gateway.tlsPort().isPresent()) {
            health.withDetail("certificate", gateway.certificate());
        }
        @Nullable String trouble = gateway.certificateTrouble();
        if (trouble != null) {
            health.withDetail("certificateTrouble", trouble);
        }
        return health.withDetail("main", shown(gateway.port()))
                .withDetail("recv", shown(gateway.recvPort()))
                .withDetail("tls", shown(gateway.tlsPort()))
                .withDetail("deliveredWhen", gateway.deliveredWhen())
                .build();
    }

    private static Object shown(OptionalInt port) {
        return port.isPresent() ? port.getAsInt() : "off";
    }
}
