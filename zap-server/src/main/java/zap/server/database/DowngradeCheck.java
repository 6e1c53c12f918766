package zap.server.database;

import java.util.Arrays;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationStrategy;
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
            ExternalDatabaseCheck.check(given);
            try {
                migrateUnlessNewer(flyway);
            } catch (FlywayException e) {
                throw DatabaseFailure.of(given, e);
            }
        } else {
            migrateUnlessNewer(flyway);
        }
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
