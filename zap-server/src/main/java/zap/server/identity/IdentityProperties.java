package zap.server.identity;

import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.validation.annotation.Validated;

/**
 * The lifetime of identities.
 *
 * @param forgetUnusedAfter delete clients that have had no session for this long and have no waiting mail; unset: never
 */
@Validated
@ConfigurationProperties(prefix = "zap.identities", ignoreUnknownFields = false)
public record IdentityProperties(
        @Nullable @DurationMin(days = 1) Duration forgetUnusedAfter) {}
