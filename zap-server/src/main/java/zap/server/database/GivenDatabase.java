package zap.server.database;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A PostgreSQL that somebody else runs. */
record GivenDatabase(
        String url, @Nullable String user, @Nullable String secret) implements Database {

    private static final String REWRITE = "reWriteBatchedInserts";

    /** Without the rewriting a batch of inserts costs many times as much, so it is on unless the URL says otherwise. */
    @Override
    public String getJdbcUrl() {
        return url.contains(REWRITE) ? url : url + (url.contains("?") ? "&" : "?") + REWRITE + "=true";
    }

    @Override
    public @Nullable String getUsername() {
        return user;
    }

    @Override
    public @Nullable String getPassword() {
        return secret;
    }

    @Override
    public Optional<String> adminToken() {
        return Optional.empty();
    }

    @Override
    public Optional<Path> scratch() {
        return Optional.empty();
    }

    /** What follows the question mark may be a password. */
    @Override
    public String described() {
        return url.replaceFirst("^jdbc:", "").replaceFirst("\\?.*", "");
    }

    @Override
    public String toString() {
        return described();
    }
}
