package zap.server.group;

import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Limits for groups.
 *
 * @param maxCreated maximum number of groups that one client may make; further requests are refused (BAD_GROUP)
 */
@Validated
@ConfigurationProperties(prefix = "zap.groups", ignoreUnknownFields = false)
public record GroupProperties(@DefaultValue("1000") @Min(1) long maxCreated) {}
