package zap.server.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationStrategy;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.stereotype.Component;

/**
 * Migrates the tables to this server's version, and refuses a database that a newer zap has migrated further. Its
 * tables may have another meaning now, and this server would notice that only while it handles messages.
 */
@Component
class DowngradeCheck implements FlywayMigrationStrategy {

    private static final Logger log = LoggerFactory.getLogger(DowngradeCheck.class);

    private final DatabaseProperties properties;
    private final Database database;

    DowngradeCheck(DatabaseProperties properties, Database database) {
        this.properties = properties;
        this.database = database;
    }

    /**
     * Checks an external database first, because this is its first use.
     *
     * @throws CannotUseDatabaseException when the operator can fix the cause, with advice
     */
    @Override
    public void migrate(Flyway flyway) {
        if (database instanceof ExternalDatabase given) {
            DataSource pool = flyway.getConfiguration().getDataSource();
            ExternalDatabaseCheck.check(given, sourceOf(pool), properties.replication());
            try {
                migrateUnlessNewer(withoutTimeLimit(flyway, pool));
            } catch (FlywayException e) {
                throw DatabaseFailure.of(given, e);
            }
        } else {
            if (properties.replication() == DatabaseProperties.Replication.REQUIRED) {
                throw new CannotUseDatabaseException(
                        "zap.database.replication=required, but the server's own PostgreSQL has no standby.",
                        "Name a PostgreSQL that has one in zap.database.url, or leave the property out.");
            }
            migrateUnlessNewer(flyway);
        }
    }

    /** Returns the source of the pool's connections, whose errors are those of PostgreSQL and not of the pool. */
    private static DataSource sourceOf(DataSource pool) {
        @Nullable DataSource source = PrimaryPoolPostProcessor.connectionsOf(pool);
        return source == null ? pool : source;
    }

    /** Returns the migrations over connections whose answers may take any time. The pool takes the limit back. */
    private static Flyway withoutTimeLimit(Flyway flyway, DataSource pool) {
        return Flyway.configure()
                .configuration(flyway.getConfiguration())
                .dataSource(new DelegatingDataSource(pool) {
                    @Override
                    public Connection getConnection() throws SQLException {
                        Connection connection = super.getConnection();
                        connection.setNetworkTimeout(Runnable::run, 0);
                        return connection;
                    }
                })
                .load();
    }

    private void migrateUnlessNewer(Flyway flyway) {
        List<String> newer = Arrays.stream(flyway.info().all())
                .filter(migration -> !migration.getState().isResolved()
                        && migration.getState().isApplied())
                .map(MigrationInfo::getScript)
                .toList();
        if (!newer.isEmpty()) {
            String what = "A newer zap has changed this database (" + String.join(", ", newer) + ")";
            if (!properties.acceptNewer()) {
                throw new CannotUseDatabaseException(
                        what + ", and this version cannot know what the changes mean.",
                        "Start the newer zap, or restore the backup from before its first start. If you have checked its changes, and they"
                                + " only added things that this version does not need: --zap.database.accept-newer=true");
            }
            log.warn("{}; accepted because of zap.database.accept-newer", what);
        }
        flyway.migrate();
    }
}
