package zap.server.database;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Backups and restores of a real PostgreSQL, and their refusals. {@code BackupIT} tests them with a server and its
 * traffic.
 */
@Execution(ExecutionMode.CONCURRENT)
class BackupCommandIT {

    private static final Duration START_TIMEOUT = Duration.ofMinutes(2);
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-28T12:00:00Z"), ZoneOffset.UTC);
    private static final int SCHEMA = 5;

    @TempDir
    private Path home;

    private Path data;
    private Path backup;

    private record Said(int status, String out, String err) {}

    @BeforeEach
    void aFolderInWhichAServerWasStartedAndStopped() throws IOException {
        home = home.toRealPath();
        data = ReadyFolders.make(Files.createDirectory(home.resolve("data")));
        backup = home.resolve("backup");
    }

    @Test
    void whatIsCommittedBeforeTheBackupIsInItWhileWritersGoOn() throws Exception {
        Files.writeString(data.resolve("admin.token"), "token");
        Files.writeString(Files.createDirectory(data.resolve("certs")).resolve("server.pem"), "certificate");
        try (var postgres = start()) {
            makeTables(postgres);
            var stop = new AtomicBoolean();
            var begun = new CountDownLatch(1);
            Thread writer = Thread.ofVirtual().start(() -> write(postgres, begun, stop));
            begun.await();
            int before = count(postgres);
            Said said = run("backup", backup.toString());
            stop.set(true);
            writer.join();
            assertThat(said.err()).isEmpty();
            assertThat(said.status()).isZero();
            assertThat(said.out()).contains("Backed up: " + backup, "acknowledged before 2026-11-28 12:00:00");
            assertThat(postgres.pid()).as("it was not stopped").isPositive();
            assertThat(Integer.parseInt(ask(postgres, "select count(*) from pg_replication_slots")))
                    .isZero();

            Path restored = home.resolve("restored");
            assertThat(run(restored, "restore", backup.toString()).status()).isZero();
            try (var other = OwnPostgres.start(restored, START_TIMEOUT)) {
                int there = count(other);
                assertThat(there).isBetween(before, count(postgres));
                assertThat(ask(other, "select sum(number) from written"))
                        .as("the first ones without a gap")
                        .isEqualTo(Integer.toString(there * (there + 1) / 2));
            }
            assertThat(restored.resolve("admin.token")).hasContent("token");
            assertThat(restored.resolve("certs/server.pem")).hasContent("certificate");
        }
        try (var files = Files.walk(backup)) {
            assertThat(files.toList())
                    .allSatisfy(file -> assertThat(Files.getPosixFilePermissions(file))
                            .allMatch(permission -> permission.name().startsWith("OWNER")));
        }
    }

    @Test
    void aRestoreKeepsWhatItReplacesAndWhatIsNewerThanTheBackup() throws Exception {
        try (var postgres = start()) {
            makeTables(postgres);
            assertThat(run("backup", backup.toString()).status()).isZero();
            execute(postgres, "insert into written select generate_series(1, 7)");
        }
        Files.writeString(data.resolve("admin.token"), "a newer token");

        Said said = run("restore", backup.toString());
        Path replaced = data.resolve("postgresql.before-restore-20261128T120000Z");
        assertThat(said.err()).isEmpty();
        assertThat(said.status()).isZero();
        assertThat(said.out())
                .contains("Checked: ", "Restored: " + data, "is kept in " + replaced, "lost some of its history");
        assertThat(data.resolve("admin.token")).hasContent("a newer token");
        try (var postgres = start()) {
            assertThat(count(postgres)).isZero();
        }

        DataFolder.delete(data.resolve("postgresql"));
        Files.move(replaced, data.resolve("postgresql"));
        try (var postgres = start()) {
            assertThat(count(postgres)).isEqualTo(7);
        }
    }

    @Test
    void aServerThatWasKilledIsBackedUpToo() throws Exception {
        try (var postgres = start()) {
            makeTables(postgres);
        }
        ServerToBeKilled.Running killed = ServerToBeKilled.on(data);
        killed.process().destroyForcibly().waitFor();
        Said said = run("backup", backup.toString());
        assertThat(said.status()).as(said.toString()).isZero();
        assertThat(lives(killed.postmaster()))
                .as("the PostgreSQL of the killed server")
                .isFalse();
        assertThat(data.resolve("postgresql/data/postmaster.pid"))
                .as("that of the backup")
                .doesNotExist();

        Path restored = home.resolve("restored");
        assertThat(run(restored, "restore", backup.toString()).status()).isZero();
        try (var postgres = OwnPostgres.start(restored, START_TIMEOUT)) {
            assertThat(ask(postgres, "select text from kept")).isEqualTo("kept by the server to be killed");
        }
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

    @Test
    void aRestoreIsRefusedAsLongAsAnythingRunsOnTheData() throws Exception {
        try (var postgres = start()) {
            makeTables(postgres);
            assertThat(run("backup", backup.toString()).status()).isZero();
            Said said = run("restore", backup.toString());
            assertThat(said.status()).isEqualTo(75);
            assertThat(said.err()).contains("is using the data in " + data + ". Stop it first");
            assertThat(count(postgres)).isZero();
        }
        ServerToBeKilled.Running killed = ServerToBeKilled.on(data);
        killed.process().destroyForcibly().waitFor();
        Said said = run("restore", backup.toString());
        assertThat(said.status()).isEqualTo(75);
        assertThat(said.err()).contains("PostgreSQL (pid " + killed.postmaster() + ") of a server that was killed");
        try (var postgres = start()) {
            assertThat(ask(postgres, "select text from kept")).isNotEmpty();
        }
    }

    @Test
    void aDamagedOrForeignOrUnfinishedBackupIsRefusedAndNothingIsTouched() throws Exception {
        makeTablesAndBackUp();
        Path file = backup.resolve("postgresql/data/PG_VERSION");
        Map<String, String> before = content(data);

        Files.writeString(file, "81\n");
        assertRefused(65, "PG_VERSION has another sum");
        Files.writeString(file, "18\n");

        BackupManifest manifest = BackupManifest.read(backup);
        manifest(manifest, origin(manifest, manifest.origin().system(), SCHEMA + 1));
        assertRefused(65, "A newer zap");
        manifest(manifest, origin(manifest, "1234567", SCHEMA));
        assertRefused(65, "This backup is of another server (1234567)");

        Files.delete(backup.resolve(BackupManifest.NAME));
        assertRefused(65, "is not a complete backup");
        Said said = run("backup", backup.toString());
        assertThat(said.status()).isEqualTo(73);
        assertThat(said.err()).contains("it has a backup that was not finished");
        assertThat(content(data)).isEqualTo(before);
    }

    @Test
    void dataThatDoesNotStartIsNotPutInPlace() throws Exception {
        makeTablesAndBackUp();
        BackupManifest manifest = BackupManifest.read(backup);
        String label = "postgresql/data/backup_label";
        // As if the log between start and stop were that of another backup.
        Files.writeString(
                backup.resolve(label),
                Files.readString(backup.resolve(label))
                        .replaceFirst("CHECKPOINT LOCATION: \\S+", "CHECKPOINT LOCATION: 0/7654321"));
        var files = new ArrayList<>(manifest.files());
        files.replaceAll(each -> each.name().equals(label) ? entry(label) : each);
        manifest(new BackupManifest(manifest.origin(), manifest.folders(), files), manifest.origin());
        Map<String, String> before = content(data);

        Said said = run("restore", backup.toString());
        assertThat(said.status()).isEqualTo(65);
        assertThat(said.err())
                .contains("PostgreSQL does not start from this backup", "the data in " + data + " is as it was")
                .contains("could not locate required checkpoint record");
        assertThat(content(data)).isEqualTo(before);
        start().close();
    }

    /**
     * Kills the restore while PostgreSQL waits for the next file of the log, which is a pipe that never gets any data.
     */
    @Test
    void aRestoreThatIsKilledHasChangedNothing() throws Exception {
        makeTablesAndBackUp();
        try (var postgres = start()) {
            execute(postgres, "insert into written values (1)");
        }
        Path log = Files.createDirectory(home.resolve("log"));
        Path pipe = log.resolve("00000002.history");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        Path cluster = data.resolve("postgresql.restoring/data");
        Process restore = restoreInAProcess("--wal", log.toString(), backup.toString());
        try {
            await().atMost(START_TIMEOUT)
                    .until(() -> restore.isAlive() && Files.exists(cluster.resolve("postmaster.pid")));
        } finally {
            restore.destroyForcibly().waitFor();
        }
        try (var postgres = start()) {
            assertThat(count(postgres)).isEqualTo(1);
            assertThat(cluster.getParent()).doesNotExist();
        } finally {
            // The process that waits at the pipe ends.
            new ProcessBuilder("timeout", "5", "sh", "-c", ": > '" + pipe + "'")
                    .start()
                    .waitFor();
        }
        assertThat(run("restore", backup.toString()).status()).isZero();
    }

    private Process restoreInAProcess(String... words) throws IOException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                BackupCommand.class.getName(),
                "restore"));
        command.addAll(List.of(words));
        var builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(home.resolve("said").toFile());
        builder.environment().put("ZAP_DATA", data.toString());
        builder.environment().remove("ZAP_DATABASE_URL");
        return builder.start();
    }

    @Test
    void aBackupThatFailsLeavesNothingBehind() throws Exception {
        // No server has made its tables here.
        Said said = run("backup", backup.toString());
        assertThat(said.status()).isEqualTo(66);
        assertThat(said.err()).contains("no server has made its tables");
        assertThat(backup).doesNotExist();

        Files.createDirectory(backup);
        assertThat(run("backup", backup.toString()).status()).isEqualTo(66);
        assertThat(backup).isEmptyDirectory();

        assertThat(run("backup", data.resolve("postgresql/data/base/mine").toString())
                        .status())
                .isEqualTo(64);
        assertThat(run("backup").status()).isEqualTo(64);
        assertThat(run(home.resolve("nothing"), "backup", backup.toString()).status())
                .isEqualTo(66);
        said = run(Map.of("ZAP_DATABASE_URL", "jdbc:postgresql://db/zap"), "restore", backup.toString());
        assertThat(said.status()).isEqualTo(64);
    }

    private void makeTablesAndBackUp() throws SQLException {
        try (var postgres = start()) {
            makeTables(postgres);
            assertThat(run("backup", backup.toString()).status()).isZero();
        }
    }

    private void assertRefused(int status, String reason) {
        Said said = run("restore", backup.toString());
        assertThat(said.err()).contains(reason);
        assertThat(said.status()).isEqualTo(status);
    }

    private BackupManifest.Entry entry(String name) {
        try {
            byte[] bytes = Files.readAllBytes(backup.resolve(name));
            return new BackupManifest.Entry(name, bytes.length, CheckedCopies.sha256(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void manifest(BackupManifest manifest, BackupManifest.Origin origin) throws IOException {
        Files.writeString(
                backup.resolve(BackupManifest.NAME),
                new BackupManifest(origin, manifest.folders(), manifest.files()).text());
    }

    private static BackupManifest.Origin origin(BackupManifest manifest, String system, int schema) {
        BackupManifest.Origin was = manifest.origin();
        return new BackupManifest.Origin(
                was.zap(), was.postgresql(), schema, system, was.timeline(), was.start(), was.stop(), was.time());
    }

    /** Returns names and sums of all files, except the lock, which names its last holder. */
    private static Map<String, String> content(Path folder) throws IOException, BackupException {
        var sums = new TreeMap<String, String>();
        try (var files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                sums.put(folder.relativize(file).toString(), CheckedCopies.sha256(file, new Cancellation()));
            }
        }
        sums.remove("zap.lock");
        return sums;
    }

    private OwnPostgres start() {
        return OwnPostgres.start(data, START_TIMEOUT);
    }

    private Said run(String... words) {
        return run(Map.of(), words);
    }

    private Said run(Path folder, String... words) {
        return run(Map.of("ZAP_DATA", folder.toString()), words);
    }

    private Said run(Map<String, String> more, String... words) {
        var environment = new TreeMap<>(Map.of("ZAP_DATA", data.toString()));
        environment.putAll(more);
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        int status = new BackupCommand(
                        environment,
                        new PrintStream(out, true, UTF_8),
                        new PrintStream(err, true, UTF_8),
                        CLOCK,
                        SCHEMA,
                        new Cancellation())
                .run(List.of(words));
        return new Said(status, out.toString(UTF_8), err.toString(UTF_8));
    }

    /** Makes the tables of a server that a backup needs, and one for the test. */
    private static void makeTables(OwnPostgres postgres) throws SQLException {
        execute(postgres, "create table flyway_schema_history (version varchar, success boolean)");
        execute(postgres, "insert into flyway_schema_history values ('" + SCHEMA + "', true)");
        execute(postgres, "create table written (number int)");
    }

    /** Writes 1, 2, 3 …, each in a transaction of its own. */
    private static void write(OwnPostgres postgres, CountDownLatch begun, AtomicBoolean stop) {
        try (Connection connection = connect(postgres);
                Statement statement = connection.createStatement()) {
            for (int number = 1; !stop.get(); number++) {
                statement.execute("insert into written values (" + number + ")");
                if (number == 50) {
                    begun.countDown();
                }
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int count(OwnPostgres postgres) throws SQLException {
        return Integer.parseInt(ask(postgres, "select count(*) from written"));
    }

    private static Connection connect(OwnPostgres postgres) throws SQLException {
        return DriverManager.getConnection(postgres.getJdbcUrl(), postgres.getUsername(), postgres.getPassword());
    }

    private static void execute(OwnPostgres postgres, String order) throws SQLException {
        try (Connection connection = connect(postgres);
                Statement statement = connection.createStatement()) {
            statement.execute(order);
        }
    }

    private static String ask(OwnPostgres postgres, String question) throws SQLException {
        try (Connection connection = connect(postgres);
                Statement statement = connection.createStatement();
                var answer = statement.executeQuery(question)) {
            assertThat(answer.next()).isTrue();
            return answer.getString(1);
        }
    }
}
