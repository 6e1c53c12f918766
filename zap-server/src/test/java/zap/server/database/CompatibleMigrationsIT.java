package zap.server.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationVersion;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import zap.server.testing.TestPostgres;

/**
 * A migration that claims to be compatible with an earlier server keeps all that the earlier server needs: its
 * statements run on the newest tables, and what it writes is accepted.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CompatibleMigrationsIT {

    /** The newest tables. Each test ends with a rollback. */
    private Connection newest;

    @BeforeAll
    void connect() throws SQLException {
        TestPostgres.Database database = migratedTo(MigrationVersion.LATEST);
        // PostgreSQL explains statements without values for their parameters only if they come as plain texts.
        newest = DriverManager.getConnection(
                database.url() + "&preferQueryMode=simple", database.user(), database.password());
        newest.setAutoCommit(false);
    }

    @AfterEach
    void rollBack() throws SQLException {
        newest.rollback();
    }

    @AfterAll
    void close() throws SQLException {
        newest.close();
    }

    /** Returns the earlier servers that may run on the newest tables: their newest migrations. */
    static List<Integer> compatibleServers() {
        List<Migration> migrations = migrations();
        return migrations.stream()
                .map(Migration::version)
                .filter(known -> migrations.stream()
                        .filter(migration -> migration.version() > known)
                        .allMatch(migration -> migration.isCompatibleWith(known)))
                .toList();
    }

    private static List<Migration> migrations() {
        return Stream.of(flyway(TestPostgres.newDatabase(), MigrationVersion.LATEST)
                        .info()
                        .all())
                .map(MigrationInfo::getScript)
                .map(script -> Migration.of(script).orElseThrow())
                .toList();
    }

    private static Flyway flyway(TestPostgres.Database database, MigrationVersion target) {
        return Flyway.configure()
                .dataSource(database.url(), database.user(), database.password())
                .locations("classpath:db/migration")
                .target(target)
                .load();
    }

    private static TestPostgres.Database migratedTo(MigrationVersion target) {
        TestPostgres.Database database = TestPostgres.newDatabase();
        flyway(database, target).migrate();
        return database;
    }

    @ParameterizedTest
    @MethodSource("compatibleServers")
    void theStatementsOfACompatibleServerRunOnTheNewestTables(int known) throws SQLException, IOException {
        assertThat(TableState.failing(newest, ServerStatements.read(known))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("compatibleServers")
    void whatACompatibleServerWritesIsAcceptedByTheNewestTables(int known) throws SQLException {
        try (Connection earlier =
                migratedTo(MigrationVersion.fromVersion(String.valueOf(known))).connect()) {
            assertThat(TableState.of(newest).hinderingWritesSince(TableState.of(earlier)))
                    .isEmpty();
        }
    }

    /** Guards against claims that are not checked, and against files of statements without a migration. */
    @Test
    void everyClaimHasItsRecordOfStatements() throws IOException {
        List<Migration> migrations = migrations();
        List<Path> needed = migrations.stream()
                .filter(migration -> migration.compatibleWith() < migration.version())
                .flatMap(migration -> migrations.stream()
                        .map(Migration::version)
                        .filter(version -> version >= migration.compatibleWith() && version < migration.version()))
                .distinct()
                .map(ServerStatements::record)
                .toList();
        assertThat(needed).isNotEmpty();
        try (Stream<Path> files = Files.list(ServerStatements.records())) {
            assertThat(files.toList())
                    .containsAll(needed)
                    .allSatisfy(file -> assertThat(migrations)
                            .extracting(migration -> ServerStatements.record(migration.version()))
                            .contains(file));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "alter table client drop column settled",
                "alter table client rename column given to confirmed",
                "alter table refusal rename to rejection",
                "alter table mailbox drop column message_id",
                "drop table mailbox_turn",
                // "on conflict (id)" of the heartbeat needs it
                "alter table node drop constraint node_pkey",
                "alter table mailbox_turn alter column turns drop default, alter column turns type text"
            })
    void aChangeThatBreaksStatementsIsFound(String change) throws SQLException, IOException {
        change(change);
        assertThat(TableState.failing(newest, ServerStatements.read(Schema.newestKnown())))
                .isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "alter table client add column region text not null",
                "alter table client alter column public_key set not null",
                "alter table client alter column last_used drop default",
                "alter table refusal add check (ordinal > 7)",
                "create unique index one_for_each_key on client (public_key)",
                "alter table stream add foreign key (client) references client (id)",
                "alter table refusal alter column ordinal type integer",
                "alter table group_member drop column slot",
                "create function f() returns trigger language plpgsql as 'begin return null; end';"
                        + " create trigger t before insert on client for each row execute function f()"
            })
    void aChangeThatHindersWritesIsFound(String change) throws SQLException {
        TableState before = TableState.of(newest);
        change(change);
        assertThat(TableState.of(newest).hinderingWritesSince(before)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "alter table client add column region text",
                "alter table client add column region text not null default ''",
                "create table place (id bigint primary key check (id > 0))",
                "create index by_day on client (last_used)"
            })
    void anAdditionIsNoHindrance(String change) throws SQLException, IOException {
        TableState before = TableState.of(newest);
        change(change);
        assertThat(TableState.failing(newest, ServerStatements.read(Schema.newestKnown())))
                .isEmpty();
        assertThat(TableState.of(newest).hinderingWritesSince(before)).isEmpty();
    }

    /** Changes the tables until the end of the test. */
    private void change(String change) throws SQLException {
        try (Statement statement = newest.createStatement()) {
            statement.execute(change);
        }
    }
}
