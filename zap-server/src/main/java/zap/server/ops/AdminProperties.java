package zap.server.ops;

import jakarta.validation.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.validation.annotation.Validated;

/**
 * Who may administer.
 *
 * @param token what ./zap admin has to show, 16 to 72 characters; when it is not set, one is made in the data folder of the server's own PostgreSQL
 *     (admin.token), and with another PostgreSQL nobody may
 */
@Validated
@ConfigurationProperties(prefix = "zap.admin", ignoreUnknownFields = false)
record AdminProperties(@Nullable @Size(min = 16, max = 72) String token) {

    @Override
    public String toString() {
        return "zap.admin";
    }
}
