package zap.server.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
 * Migrates the tables to this server's version. Refuses a database that a newer zap has migrated further, unless the
 * migrations claim that this version works with them: their tables may have another meaning now, and this server would
 * notice that only while it handles messages. Refuses also to migrate while servers run that would not work with the
 * new tables.
 */
@Component
class DowngradeCheck implements FlywayMigrationStrategy {

    private static final Logger log = LoggerFactory.getLogger(DowngradeCheck.class);

    /** The transaction that holds the lock is idle while the tables are changed. */
    private static final String NO_TIME_LIMIT = "set local idle_in_transaction_session_timeout = 0";

    private static final Duration LOOK_AGAIN_AFTER = Duration.ofMillis(500);

    private final DatabaseProperties properties;
    private final Database database;
    private final LiveServers servers;

    DowngradeCheck(DatabaseProperties properties, Database database, LiveServers servers) {
        this.properties = properties;
        this.database = database;
        this.servers = servers;
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

    /** Migrates under a lock, so that no other server joins or migrates between the checks and the end. */
    private void migrateUnlessNewer(Flyway flyway) {
        DataSource source = flyway.getConfiguration().getDataSource();
        try (Connection lock = source.getConnection();
                Statement statement = lock.createStatement()) {
            lock.setAutoCommit(false);
            statement.execute(NO_TIME_LIMIT);
            statement.execute(SchemaAgreement.CHANGE);
            try {
                checkNewer(flyway);
                checkRunning(flyway, source);
                flyway.migrate();
            } finally {
                lock.rollback();
            }
        } catch (SQLException e) {
            throw new FlywayException("The tables' version could not be checked: " + e.getMessage(), e);
        }
    }

    private void checkNewer(Flyway flyway) {
        int newestKnown = Schema.newestKnown();
        List<String> newer = Arrays.stream(flyway.info().all())
                .filter(migration -> !migration.getState().isResolved()
                        && migration.getState().isApplied())
                .map(MigrationInfo::getScript)
                .toList();
        List<String> incompatible = newer.stream()
                .filter(script -> !Migration.isCompatible(script, newestKnown))
                .toList();
        if (incompatible.isEmpty()) {
            if (!newer.isEmpty()) {
                log.info(
                        "A newer zap has changed this database, and this version works with the changes: {}",
                        String.join(", ", newer));
            }
        } else if (properties.acceptNewer()) {
            log.warn(
                    "A newer zap has changed this database ({}); accepted because of zap.database.accept-newer",
                    String.join(", ", incompatible));
        } else {
            throw SchemaAgreement.tooOld(incompatible, newestKnown);
        }
    }

    /**
     * Refuses to change the tables in a way that a running server does not know. A server whose heartbeat does not
     * change has been killed: it is waited for until it counts as gone.
     */
    private void checkRunning(Flyway flyway, DataSource source) throws SQLException {
        List<Migration> pending = Arrays.stream(flyway.info().pending())
                .flatMap(migration -> Migration.of(migration.getScript()).stream())
                .toList();
        if (pending.isEmpty()) {
            return;
        }
        Map<Long, Instant> firstSeen = new HashMap<>();
        while (true) {
            List<LiveServers.LiveServer> tooOld = running(source).stream()
                    .filter(server -> !areCompatible(pending, server))
                    .toList();
            if (tooOld.isEmpty()) {
                return;
            }
            for (LiveServers.LiveServer server : tooOld) {
                Instant before = firstSeen.putIfAbsent(server.number(), server.lastSeen());
                if (before != null && !before.equals(server.lastSeen())) {
                    throw tooNew(pending, tooOld);
                }
            }
            pause();
        }
    }

    private List<LiveServers.LiveServer> running(DataSource source) throws SQLException {
        // Not the connection with the lock: its transaction would keep table node from being changed.
        try (Connection connection = source.getConnection()) {
            return servers.on(connection);
        }
    }

    private static boolean areCompatible(List<Migration> pending, LiveServers.LiveServer server) {
        return pending.stream().allMatch(migration -> migration.isCompatibleWith(server.newestKnown()));
    }

    private static CannotUseDatabaseException tooNew(List<Migration> pending, List<LiveServers.LiveServer> tooOld) {
        List<String> changes = pending.stream()
                .filter(migration ->
                        tooOld.stream().anyMatch(server -> !migration.isCompatibleWith(server.newestKnown())))
                .map(Migration::script)
                .toList();
        return new CannotUseDatabaseException(
                "This version has to change the tables (%s), and servers that run on this database do not work with the change: %s. Nothing has been changed."
                        .formatted(
                                String.join(", ", changes),
                                String.join(
                                        ", ",
                                        tooOld.stream()
                                                .map(LiveServers.LiveServer::name)
                                                .toList())),
                "Stop these servers, after ./zap admin drain on each, and start this one again. If no client may be without a server,"
                        + " upgrade them first to a version in between that works with the tables before and after the change"
                        + " (docs/runbook.md, Upgrade).");
    }

    private static void pause() {
        try {
            Thread.sleep(LOOK_AGAIN_AFTER); // other servers' heartbeats come at their own pace
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting for other servers", e);
        }
    }
}
