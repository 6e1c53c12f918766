package zap.server.ops;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;
import zap.server.database.Replication;

/**
 * Reports whether a standby has what the database has confirmed. It appears as {@code replication} in the health
 * endpoint, and is part of readiness: down only if a synchronous standby is required and missing.
 */
@Component
class ReplicationHealthIndicator implements HealthIndicator {

    private final Replication replication;

    ReplicationHealthIndicator(Replication replication) {
        this.replication = replication;
    }

    @Override
    public Health health() {
        Health.Builder health = replication.isMissing() ? Health.down() : Health.up();
        replication.state().ifPresent(state -> {
            health.withDetail("kind", state.kind());
            health.withDetail("meaning", state.described());
            health.withDetail("standbys", state.standbys());
            if (state.lag() != null) {
                health.withDetail("behindBytes", state.lag().bytes());
                health.withDetail("lagSeconds", state.lag().seconds());
            }
        });
        return health.build();
    }
}
