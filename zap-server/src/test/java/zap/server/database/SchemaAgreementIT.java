package zap.server.database;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static zap.server.testing.TestedServer.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import zap.server.testing.BesideOthers;
import zap.server.testing.RunningServer;
import zap.server.testing.TestPostgres;
import zap.server.testing.Together;
import zap.server.testing.WireClient;

/**
 * Servers of two versions on one database. The newer one has one migration more, which a test writes; the older one is
 * this server.
 */
@BesideOthers
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SchemaAgreementIT {

    private static final int KNOWN = Schema.newestKnown();
    private static final String COMPATIBLE = "V9001__more__compatible_with_%s.sql".formatted(KNOWN);
    private static final String INCOMPATIBLE = "V9001__other.sql";

    private final TestPostgres.Database database = TestPostgres.newDatabase();
    private RunningServer older;

    @TempDir
    private Path migrations;

    @BeforeAll
    void startTheOlder() {
        older = RunningServer.startOn(database);
    }

    @AfterAll
    void stopTheOlder() {
        older.close();
    }

    /** Starts a newer server as far as the tables. */
    private void migrate(TestPostgres.Database target, String script) throws IOException {
        Path folder = Files.createDirectories(migrations.resolve(target.name() + script));
        Files.writeString(folder.resolve(script), "create table place (id bigint primary key)", UTF_8);
        var properties = new DatabaseProperties(
                "var",
                target.url(),
                target.user(),
                target.password(),
                false,
                DatabaseProperties.Replication.OPTIONAL,
                Duration.ofMinutes(2));
        new DowngradeCheck(
                        properties,
                        ExternalDatabase.of(target.url(), target.user(), target.password()),
                        older.bean(LiveServers.class))
                .migrate(flyway(target, "classpath:db/migration", "filesystem:" + folder));
    }

    private static Flyway flyway(TestPostgres.Database target, String... locations) {
        return Flyway.configure()
                .dataSource(target.url(), target.user(), target.password())
                .locations(locations)
                .load();
    }

    private static void assertServes(RunningServer server) {
        try (WireClient ana = server.connect("ana")) {
            ana.register();
        }
    }

    /** The change that the running server does not work with is not made; one that it works with is. */
    @Test
    void aNewerServerChangesTheTablesOnlyAsTheRunningOnesWorkWithThem() throws Exception {
        assertThatThrownBy(() -> migrate(database, INCOMPATIBLE))
                .isInstanceOf(CannotUseDatabaseException.class)
                .hasMessageContaining(INCOMPATIBLE)
                .hasMessageContaining("process " + ProcessHandle.current().pid())
                .hasMessageContaining("knows the tables up to V" + KNOWN);
        try (Connection connection = database.connect()) {
            assertThat(TableState.of(connection).columns()).doesNotContainKey("place.id");
        }
        assertServes(older);

        migrate(database, COMPATIBLE);

        assertServes(older);
        older.restart();
        assertServes(older);
    }

    @Test
    void aServerThatWasKilledIsWaitedForAndDoesNotPreventTheChange() throws Exception {
        TestPostgres.Database left = TestPostgres.newDatabase();
        flyway(left, "classpath:db/migration").migrate();
        try (Connection connection = left.connect();
                Statement statement = connection.createStatement()) {
            // its last heartbeat was a second less than zap.cluster.gone-after ago
            statement.execute("insert into node (id, name, schema_version, seen_at) values (7, 'killed', %s, %s)"
                    .formatted(KNOWN, "now() - interval '9 s'"));
        }

        migrate(left, INCOMPATIBLE);

        try (Connection connection = left.connect()) {
            assertThat(TableState.of(connection).columns()).containsKey("place.id");
        }
    }

    @Test
    void aServerThatKnowsLessThanTheTablesNeedDoesNotStart() throws Exception {
        TestPostgres.Database changed = TestPostgres.newDatabase();
        migrate(changed, INCOMPATIBLE);

        assertThatThrownBy(() -> RunningServer.startOn(changed))
                .hasRootCauseInstanceOf(CannotUseDatabaseException.class)
                .rootCause()
                .hasMessageContaining(INCOMPATIBLE)
                .hasMessageContaining("V" + KNOWN);
    }

    @Test
    void serversThatStartAtTheSameMomentChangeTheTablesOnce() throws Exception {
        TestPostgres.Database fresh = TestPostgres.newDatabase();
        try (Together together = new Together()) {
            together.start(() -> migrate(fresh, INCOMPATIBLE));
            together.start(() -> migrate(fresh, INCOMPATIBLE));
            together.finish();
        }
        assertThatCode(() -> migrate(fresh, INCOMPATIBLE)).doesNotThrowAnyException();
    }

    /** Another server changes the tables while this one is paused, and so counts as gone. */
    @Test
    void aServerThatWasAwayWhileTheTablesChangedStops() throws Exception {
        TestPostgres.Database own = TestPostgres.newDatabase();
        try (RunningServer away =
                RunningServer.startOn(own, "zap.cluster.heartbeat=50ms", "zap.cluster.gone-after=500ms")) {
            try (Connection connection = own.connect();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                statement.execute("lock table node in access exclusive mode");
                statement.execute("insert into flyway_schema_history (installed_rank, version, description, type,"
                        + " script, installed_by, execution_time, success)"
                        + " values (9999, '9999', 'newer', 'SQL', 'V9999__newer.sql', 'zap', 1, true)");
                Thread.sleep(1000); // longer than zap.cluster.gone-after
                connection.commit();
            }
            await("the server to stop by itself", away::hasStoppedByItself);
        }
    }
}
