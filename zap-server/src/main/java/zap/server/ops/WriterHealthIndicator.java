package zap.server.ops;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;
import zap.server.mailbox.Mailbox;

/**
 * Reports whether messages can be stored, and what the database has lost since the start. It appears as {@code writer}
 * in the health endpoint, and is part of readiness.
 */
@Component
class WriterHealthIndicator implements HealthIndicator {

    private final Mailbox mailbox;

    WriterHealthIndicator(Mailbox mailbox) {
        this.mailbox = mailbox;
    }

    @Override
    public Health health() {
        @Nullable String trouble = mailbox.trouble();
        Health.Builder health = trouble == null ? Health.up() : Health.down().withDetail("trouble", trouble);
        @Nullable String loss = mailbox.loss();
        return loss == null ? health.build() : health.withDetail("loss", loss).build();
    }
}
