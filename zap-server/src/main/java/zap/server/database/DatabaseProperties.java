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
 * The settings of the database.
 *
 * @param directory the folder of the server's own PostgreSQL and all its data; the environment variable ZAP_DATA sets
 *     it
 * @param url an external PostgreSQL to use instead of the server's own: jdbc:postgresql://host:port/name, or
 *     postgres://user:password@host:port/name; several hosts are separated by commas, and the primary of them is used
 * @param user the role at the PostgreSQL of the url
 * @param password the password of that role
 * @param acceptNewer use a database even if a newer zap has changed its tables; check first what it has changed
 * @param replication whether the PostgreSQL of the url must have a synchronous standby: optional, or required, which
 *     refuses to start without one, and reports that the server is not ready while there is none
 * @param startTimeout maximum time for a start of the server's own PostgreSQL, including the repair after a crash
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
        @NotNull @DefaultValue("optional") Replication replication,
        @NotNull @DefaultValue("2m") Duration startTimeout) {

    /** The need for a synchronous standby. */
    enum Replication {
        OPTIONAL,
        REQUIRED
    }

    @Override
    public String toString() {
        return "zap.database of " + directory;
    }
}
