package zap.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.diagnostics.FailureAnalysis;
import zap.server.testing.BesideOthers;
import zap.server.testing.TestPostgres;

/** A real PostgreSQL that cannot be used for many reasons: each gives one message with advice. */
@BesideOthers
class ExternalDatabaseCheckIT {

    private static final String ROLE = "stranger";
    private static final String PASSWORD = "sesame";

    private TestPostgres.Database database;

    @BeforeAll
    static void aRoleThatMayDoNothing() throws SQLException {
        // The folder of the tests' PostgreSQL is kept from run to run.
        execute(
                TestPostgres.newDatabase(),
                "do $$ begin create role " + ROLE + " login password '" + PASSWORD
                        + "'; exception when duplicate_object then null; end $$");
    }

    @BeforeEach
    void aDatabase() {
        database = TestPostgres.newDatabase();
    }

    private static void execute(TestPostgres.Database database, String sql) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private ExternalDatabase as(String role, @Nullable String password, String more) {
        return ExternalDatabase.of(database.url() + more, role, password);
    }

    private static void check(ExternalDatabase database) {
        check(database, new Timelines(Path.of("unused")), DatabaseProperties.Replication.OPTIONAL);
    }

    private static void check(
            ExternalDatabase database, Timelines timelines, DatabaseProperties.Replication replication) {
        var connections = new PrimaryConnections(database, timelines, new Properties());
        ExternalDatabaseCheck.check(database, connections, replication);
    }

    private static FailureAnalysis failureOf(ExternalDatabase database) {
        return failureOf(database, () -> check(database));
    }

    private static FailureAnalysis failureOf(ExternalDatabase database, ThrowingCallable check) {
        Throwable failure = catchThrowable(check);
        assertThat(failure).isInstanceOf(CannotUseDatabaseException.class);
        FailureAnalysis analysis = new CannotUseDatabaseFailureAnalyzer().analyze(failure);
        assertThat(analysis.getDescription() + analysis.getAction())
                .contains(database.described(), "docs/runbook.md")
                .doesNotContain(PASSWORD);
        return analysis;
    }

    @Test
    void oneThatIsWellIsUsed() {
        assertThatCode(() -> check(as(database.user(), database.password(), "")))
                .doesNotThrowAnyException();
    }

    @Test
    void whoeverMayNotCreateTablesIsToldTheGrant() throws SQLException {
        FailureAnalysis analysis = failureOf(as(ROLE, PASSWORD, ""));
        assertThat(analysis.getDescription()).contains(ROLE, "may not create tables in schema public");
        assertThat(analysis.getAction()).contains("grant usage, create on schema public");

        execute(database, "revoke all on schema public from public");
        assertThat(failureOf(as(ROLE, PASSWORD, "")).getDescription()).contains("may not use any schema");

        execute(database, "grant usage, create on schema public to " + ROLE);
        assertThatCode(() -> check(as(ROLE, PASSWORD, ""))).doesNotThrowAnyException();
    }

    @Test
    void aSchemaThatSomethingElseUsesIsLeftAlone() throws SQLException {
        execute(database, "create table parrots (name text)");
        FailureAnalysis analysis = failureOf(as(database.user(), database.password(), ""));
        assertThat(analysis.getDescription()).contains("in use by something else (parrots)");
        assertThat(analysis.getAction()).contains("currentSchema=zap");

        execute(database, "create schema zap");
        assertThatCode(() -> check(as(database.user(), database.password(), "&currentSchema=zap")))
                .doesNotThrowAnyException();
    }

    @Test
    void tablesOfAnotherRoleAreNamed() throws SQLException {
        execute(database, "create table flyway_schema_history (version text)");
        FailureAnalysis analysis = failureOf(as(ROLE, PASSWORD, ""));
        assertThat(analysis.getDescription()).contains("may not read and change tables", "flyway_schema_history");
    }

    @Test
    void oneThatIsReadOnlyIsNot() throws SQLException {
        execute(database, "alter database " + database.name() + " set default_transaction_read_only = on");
        assertThat(failureOf(as(database.user(), database.password(), "")).getDescription())
                .contains("read-only");
    }

    @Test
    void anOldPrimaryIsRefusedAndTheFileThatKnowsItIsNamed(@TempDir Path folder) throws SQLException {
        var timelines = new Timelines(folder.resolve("timelines"));
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            timelines.saw(
                    SingleValueQuery.to(statement, "select system_identifier from pg_control_system()"),
                    Integer.MAX_VALUE);
        }
        ExternalDatabase external = as(database.user(), database.password(), "");
        FailureAnalysis analysis =
                failureOf(external, () -> check(external, timelines, DatabaseProperties.Replication.OPTIONAL));
        assertThat(analysis.getDescription()).contains("it is an old primary", "timeline 2147483647");
        assertThat(analysis.getAction()).contains(timelines.file().toString());
    }

    @Test
    void aStandbyThatIsRequiredIsMissed() {
        ExternalDatabase external = as(database.user(), database.password(), "");
        FailureAnalysis analysis = failureOf(
                external,
                () -> check(external, new Timelines(Path.of("unused")), DatabaseProperties.Replication.REQUIRED));
        assertThat(analysis.getDescription()).contains("zap.database.replication=required", "no standby is connected");
        assertThat(analysis.getAction()).contains("synchronous_standby_names");
    }

    @Test
    void anotherEncodingIsRefused() throws SQLException {
        String name = database.name() + "_ascii";
        execute(database, "drop database if exists " + name);
        execute(
                database,
                "create database " + name + " encoding 'SQL_ASCII' locale_provider libc locale 'C' template template0");
        ExternalDatabase ascii = ExternalDatabase.of(
                database.url().replace("/" + database.name() + "?", "/" + name + "?"),
                database.user(),
                database.password());
        assertThat(failureOf(ascii).getDescription()).contains("SQL_ASCII");
    }

    @Test
    void aWrongPasswordAMissingDatabaseAndAServerWithoutTlsAreTold() {
        assertThat(failureOf(as(ROLE, "sesame, close", "")).getAction()).contains("ZAP_DATABASE_PASSWORD");
        assertThat(failureOf(as(ROLE, "", "")).getAction()).contains("ZAP_DATABASE_PASSWORD");
        assertThat(failureOf(as(ROLE, null, "")).getAction()).contains("ZAP_DATABASE_PASSWORD");
        ExternalDatabase missing = ExternalDatabase.of(
                database.url().replace("/" + database.name() + "?", "/nowhere?"), database.user(), database.password());
        assertThat(failureOf(missing).getAction()).contains("create database");
        assertThat(failureOf(as(database.user(), database.password(), "&sslmode=require"))
                        .getAction())
                .contains("sslmode");
    }

    @Test
    void whereNothingListensTheAddressIsTold() {
        // Port 1 is below those that programs get without asking for them.
        FailureAnalysis analysis = failureOf(ExternalDatabase.of("postgres://u:sesame@127.0.0.1:1/n", null, null));
        assertThat(analysis.getDescription()).contains("refused");
        assertThat(analysis.getAction()).contains("host and port");
    }
}
