package zap.server.ops;

import jakarta.validation.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.validation.annotation.Validated;

/**
 * The settings of the administration.
 *
 * @param token the token that ./zap admin must present, 16 to 72 characters; unset: with the server's own PostgreSQL,
 *     one is made in its data folder (admin.token), and with an external PostgreSQL the administration is off
 */
@Validated
@ConfigurationProperties(prefix = "zap.admin", ignoreUnknownFields = false)
record AdminProperties(@Nullable @Size(min = 16, max = 72) String token) {

    @Override
    public String toString() {
        return "zap.admin";
    }
}
