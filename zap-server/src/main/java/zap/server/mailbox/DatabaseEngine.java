package zap.server.mailbox;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcOperations;

/**
 * The engine that runs the statements: a PostgreSQL, or Citus, which spreads the tables over several of them
 * (docs/citus.md). The database is asked once, at the first statement for which it matters.
 */
final class DatabaseEngine {

    private static final Logger log = LoggerFactory.getLogger(DatabaseEngine.class);

    /**
     * Asks for the extension and not for distributed tables: with the extension, they may be distributed at any time.
     */
    private static final String IS_CITUS = "select exists (select from pg_extension where extname = 'citus')";

    private final JdbcOperations jdbc;
    private volatile @Nullable Boolean citus;

    DatabaseEngine(JdbcOperations jdbc) {
        this.jdbc = jdbc;
    }

    /** Returns whether the statements must have the form that Citus takes. */
    boolean isCitus() {
        @Nullable Boolean known = citus;
        if (known == null) {
            known = Boolean.TRUE.equals(jdbc.queryForObject(IS_CITUS, Boolean.class));
            citus = known;
            log.debug("Statements take the form for {}", known ? "Citus" : "PostgreSQL");
        }
        return known;
    }
}
