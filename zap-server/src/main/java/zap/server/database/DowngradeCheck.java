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
 * Brings the tables up to what this server needs, and refuses a database that a newer one has brought further: the tables may not be any more what
 * this server takes them for, and it would find that out in the middle of somebody's mail.
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
     * Looks at a given database first: this is the first use of it.
     *
     * @throws CannotUseDatabaseException when there is a reason that a person can mend, with advice
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
                        what + ", and this one does not know what that means for it.",
                        "Start the newer zap, or restore the backup from before its first start. If you have looked at what it changed, and it"
                                + " only added something that this one has no use for: --zap.database.accept-newer=true");
            }
            log.warn("{}, which is accepted as zap.database.accept-newer says", what);
        }
        flyway.migrate();
    }
}
