package zap.server.identity;

import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.validation.annotation.Validated;

/**
 * How long identities last.
 *
 * @param forgetUnusedAfter after how long without a session a client is forgotten for which no mail waits; never when it is not set
 */
@Validated
@ConfigurationProperties(prefix = "zap.identities", ignoreUnknownFields = false)
public record IdentityProperties(
        @Nullable @DurationMin(days = 1) Duration forgetUnusedAfter) {}
