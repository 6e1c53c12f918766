package zap.server.database;

import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Where the mail is kept.
 *
 * @param directory the folder of the server's own PostgreSQL and all its data; the environment variable ZAP_DATA sets it
 * @param url a PostgreSQL to use instead of the server's own: jdbc:postgresql://host:port/name, or postgres://user:password@host:port/name
 * @param user who to be at the PostgreSQL of the url
 * @param password the password of that user
 * @param acceptNewer whether a database is used whose tables a newer zap has changed: only after a look at what it has changed
 * @param startTimeout how long the server's own PostgreSQL may take to start, the repair after a crash included
 */
@Validated
@ConfigurationProperties(prefix = "zap.database", ignoreUnknownFields = false)
record DatabaseProperties(
        @NotBlank @DefaultValue("var") String directory,

        @Nullable
        @Pattern(regexp = "\\s*|(jdbc:)?postgres(ql)?:.+", message = "must begin with jdbc:postgresql: or postgres:")
        String url,

        @Nullable String user,
        @Nullable String password,
        @DefaultValue("false") boolean acceptNewer,
        @NotNull @DefaultValue("2m") Duration startTimeout) {

    @Override
    public String toString() {
        return "zap.database of " + directory;
    }
}
