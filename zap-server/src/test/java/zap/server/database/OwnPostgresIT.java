package zap.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The server's own PostgreSQL, with real processes and real kills. */
@Execution(ExecutionMode.CONCURRENT)
class OwnPostgresIT {

    private static final Duration START_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration SOON = Duration.ofSeconds(30);

    private Path temporary = Path.of("");

    @BeforeEach
    void aFolderInWhichAServerWasStartedAndStopped(@TempDir Path folder) {
        temporary = ReadyFolders.make(folder);
    }

    @Test
    void whatIsCommittedIsDurable() throws SQLException {
        try (var postgres = start();
                var connection = connect(postgres)) {
            assertThat(ask(connection, "show fsync")).isEqualTo("on");
            assertThat(ask(connection, "show synchronous_commit")).isEqualTo("on");
            assertThat(ask(connection, "show full_page_writes")).isEqualTo("on");
            assertThat(ask(connection, "show data_checksums")).isEqualTo("on");
        }
    }

    @Test
    void nobodyElseGetsIn() throws SQLException, IOException {
        try (var postgres = start();
                var connection = connect(postgres)) {
            assertThat(ask(connection, "show listen_addresses")).isEqualTo("127.0.0.1");
            assertThat(ask(connection, "show unix_socket_directories")).isEmpty();
            assertThatThrownBy(() -> DriverManager.getConnection(postgres.getJdbcUrl(), "zap", "guessed"))
                    .hasMessageContaining("password authentication failed");
            for (String folder : new String[] {"postgresql", "postgresql/data"}) {
                assertThat(permissions(folder)).isEqualTo("rwx------");
            }
            assertThat(permissions("postgresql/password")).isEqualTo("rw-------");
            assertThat(postgres.described()).doesNotContain(postgres.getPassword());
        }
    }

    @Test
    void whatWasWrittenIsThereAfterAStopAndAStart() throws SQLException {
        String url;
        try (var postgres = start()) {
            url = postgres.getJdbcUrl();
            keep(postgres, "before the stop");
        }
        assertThatThrownBy(() -> DriverManager.getConnection(url, "zap", "")).isInstanceOf(SQLException.class);
        try (var postgres = start()) {
            assertThat(kept(postgres)).isEqualTo("before the stop");
            assertThat(postgres.getJdbcUrl()).as("the port is remembered").isEqualTo(url);
        }
    }

    /** As a full disk leaves them, or a power failure. */
    @Test
    void smallFilesThatAreEmptyCostNothingThatWasStored() throws SQLException, IOException {
        try (var postgres = start()) {
            keep(postgres, "before the disk was full");
        }
        for (String file :
                new String[] {"port", "password", "data/postmaster.pid", "data/postgresql.conf", "../zap.lock"}) {
            Files.writeString(temporary.resolve("postgresql").resolve(file), "");
        }
        String password;
        try (var postgres = start()) {
            assertThat(kept(postgres)).isEqualTo("before the disk was full");
            password = postgres.getPassword();
            assertThat(password).hasSizeGreaterThan(20);
        }
        Files.writeString(temporary.resolve("postgresql/data/PG_VERSION"), "");
        assertThatThrownBy(this::start)
                .isInstanceOf(CannotUseDatabaseException.class)
                .hasMessageContaining("are damaged: postgresql/data/PG_VERSION is missing or empty");
        Files.writeString(temporary.resolve("postgresql/data/PG_VERSION"), "18\n");
        Files.setPosixFilePermissions(
                temporary.resolve("postgresql/data"), PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThatThrownBy(this::start)
                .isInstanceOfSatisfying(
                        CannotUseDatabaseException.class,
                        e -> assertThat(e.advice())
                                .isEqualTo("The data are for their owner alone: chmod -R go-rwx " + temporary))
                .hasMessageContaining("has invalid permissions");
        Files.setPosixFilePermissions(
                temporary.resolve("postgresql/data"), PosixFilePermissions.fromString("rwx------"));
        try (var postgres = start()) {
            assertThat(postgres.getPassword()).as("the password is kept").isEqualTo(password);
        }
    }

    @Test
    void aPortThatSomebodyElseHasTakenIsGivenUp() throws IOException, SQLException {
        try (var postgres = start()) {
            keep(postgres, "on the first port");
        }
        int port = Integer.parseInt(
                Files.readString(temporary.resolve("postgresql/port")).strip());
        try (var _ = new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1"));
                var postgres = start()) {
            assertThat(postgres.getJdbcUrl()).doesNotContain(":" + port + "/");
            assertThat(kept(postgres)).isEqualTo("on the first port");
        }
    }

    @Test
    void aPostgresThatIsKilledComesBackByItselfWithEverythingThatWasCommitted() throws SQLException {
        try (var postgres = start()) {
            keep(postgres, "before the kill");
            for (int kill = 0; kill < 3; kill++) {
                long killed = postgres.pid();
                assertThat(ProcessHandle.of(killed).orElseThrow().destroyForcibly())
                        .isTrue();
                await().atMost(SOON).until(() -> postgres.pid() != killed);
                assertThat(kept(postgres)).isEqualTo("before the kill");
            }
        }
    }

    @Test
    void afterAKillOfTheServerTheNextOneStopsTheOrphanAndHasTheData() throws Exception {
        ServerToBeKilled.Running killed = ServerToBeKilled.on(temporary);
        killed.process().destroyForcibly().waitFor();
        assertThat(lives(killed.postmaster())).as("the orphan lives").isTrue();

        try (var postgres = start()) {
            assertThat(kept(postgres)).isEqualTo("kept by the server to be killed");
            assertThat(postgres.pid()).isNotEqualTo(killed.postmaster());
            assertThat(lives(killed.postmaster())).as("the orphan lives").isFalse();
        }
    }

    @Test
    void anOrphanOfAnEarlierZapWithOtherBinariesIsStoppedToo() throws Exception {
        ServerToBeKilled.Running killed = ServerToBeKilled.on(temporary);
        killed.process().destroyForcibly().waitFor();
        Path binaries = Path.of(ProcessHandle.of(killed.postmaster())
                .orElseThrow()
                .info()
                .command()
                .orElseThrow());
        Path unpacked = binaries.getParent().getParent();
        Files.move(unpacked, unpacked.resolveSibling("binaries-earlier"));

        try (var postgres = start()) {
            assertThat(kept(postgres)).isEqualTo("kept by the server to be killed");
            assertThat(lives(killed.postmaster())).as("the orphan lives").isFalse();
            assertThat(unpacked.resolveSibling("binaries-earlier")).doesNotExist();
        }
    }

    @Test
    void afterAKillOfBothTheNextOneHasTheData() throws Exception {
        ServerToBeKilled.Running killed = ServerToBeKilled.on(temporary);
        killed.process().destroyForcibly().waitFor();
        ProcessHandle.of(killed.postmaster()).orElseThrow().destroyForcibly();
        try (var postgres = start()) {
            assertThat(kept(postgres)).isEqualTo("kept by the server to be killed");
        }
    }

    @Test
    void anInnocentProcessWithTheNumberOfAPastPostgresIsLeftAlone() throws Exception {
        try (var postgres = start()) {
            keep(postgres, "before the reboot");
        }
        Process innocent = new ProcessBuilder("sleep", "600").start();
        try {
            Files.writeString(
                    temporary.resolve("postgresql/data/postmaster.pid"),
                    innocent.pid() + "\n" + temporary.resolve("postgresql/data") + "\n1\n1\n\n127.0.0.1\n");
            try (var postgres = start()) {
                assertThat(kept(postgres)).isEqualTo("before the reboot");
                assertThat(innocent.isAlive()).isTrue();
            }
        } finally {
            innocent.destroyForcibly();
        }
    }

    @Test
    void aServerKilledWhileItMadeTheClusterLeavesNothingHalfDone(@TempDir Path empty) throws IOException, SQLException {
        temporary = empty;
        Path half = Files.createDirectories(temporary.resolve("postgresql/data.new/base"));
        Files.writeString(half.resolve("1"), "half");
        try (var postgres = start()) {
            keep(postgres, "made anew");
            assertThat(temporary.resolve("postgresql/data.new")).doesNotExist();
        }
    }

    @Test
    void onlyOneServerMayUseAFolder() throws Exception {
        try (var _ = start()) {
            assertThatThrownBy(this::start)
                    .isInstanceOf(CannotUseDatabaseException.class)
                    .hasMessageContaining(
                            "Another zap server (pid " + ProcessHandle.current().pid() + ") is using the data in");
            assertThat(ServerToBeKilled.refusedOn(temporary))
                    .contains("Another zap server (pid "
                            + ProcessHandle.current().pid() + ") is using the data in " + temporary.toRealPath());
        }
        start().close();
    }

    @Test
    void dataOfAnotherVersionAreNotTouched() throws IOException {
        start().close();
        Path version = temporary.resolve("postgresql/data/PG_VERSION");
        Files.writeString(version, "17\n");
        assertThatThrownBy(this::start)
                .isInstanceOf(CannotUseDatabaseException.class)
                .hasMessageContaining("written by PostgreSQL 17; this zap brings 18.");
        Files.writeString(version, "18\n");
        start().close();
    }

    /**
     * Returns whether the process is alive. A process that ended but was not collected stays in the list of processes,
     * without a command.
     */
    private static boolean lives(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().command())
                .isPresent();
    }

    private OwnPostgres start() {
        return OwnPostgres.start(temporary, START_TIMEOUT);
    }

    private String permissions(String path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(temporary.resolve(path)));
    }

    private static Connection connect(OwnPostgres postgres) throws SQLException {
        return DriverManager.getConnection(postgres.getJdbcUrl(), postgres.getUsername(), postgres.getPassword());
    }

    static void keep(OwnPostgres postgres, String text) throws SQLException {
        try (var connection = connect(postgres);
                var statement = connection.createStatement()) {
            statement.execute("create table kept as select '" + text + "' as text");
        }
    }

    private static String kept(OwnPostgres postgres) throws SQLException {
        try (var connection = connect(postgres)) {
            return ask(connection, "select text from kept");
        }
    }

    private static String ask(Connection connection, String question) throws SQLException {
        try (var statement = connection.createStatement();
                var answer = statement.executeQuery(question)) {
            assertThat(answer.next()).isTrue();
            return answer.getString(1);
        }
    }
}
