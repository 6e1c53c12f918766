package zap.server.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The messages when PostgreSQL does not start. The lines were printed by PostgreSQL 18 and its tools. */
class StartFailureTest {

    private static final String PG_CTL = "pg_ctl: could not start server\nExamine the log output.";

    private DataFolder folder;
    private Path log;

    @BeforeEach
    void aFolderWithALog(@TempDir Path root) throws IOException {
        folder = DataFolder.open(root);
        Files.createDirectories(
                folder.cluster(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        log = Files.createDirectory(folder.cluster().resolve("log")).resolve("postgresql-Sat.log");
        Files.writeString(log, "2026-11-21 10:00:00 UTC [1] FATAL:  something of last week\n");
    }

    @AfterEach
    void close() {
        folder.close();
    }

    @Test
    void theCauseInTheLogCollectorsFileIsSaidWithItsCure() throws IOException {
        var failure = StartFailure.before(folder);
        Files.writeString(
                folder.startLog(),
                "2026-11-28 15:59:32 UTC [2] LOG:  redirecting log output to logging collector process\n");
        Files.writeString(log, """
                2026-11-28 15:59:32 UTC [2] LOG:  starting PostgreSQL 18.6
                2026-11-28 15:59:32 UTC [3] FATAL:  could not resize shared memory segment "/PostgreSQL.35" to 1048576 bytes: No space left on device
                2026-11-28 15:59:33 UTC [2] LOG:  database system is shut down
                """, StandardOpenOption.APPEND);

        CannotUseDatabaseException exception = failure.exception("PostgreSQL's pg_ctl failed", PG_CTL);

        assertThat(exception)
                .hasMessage("PostgreSQL's pg_ctl failed: pg_ctl: could not start server\n"
                        + "2026-11-28 15:59:32 UTC [3] FATAL:  could not resize shared memory segment"
                        + " \"/PostgreSQL.35\" to 1048576 bytes: No space left on device");
        assertThat(exception.advice()).contains("/dev/shm", "--shm-size").doesNotContain("root", "disk");
    }

    @Test
    void aLogFileThatIsBegunAgainIsReadFromItsStart() throws IOException {
        Files.writeString(log, "x".repeat(5_000));
        var failure = StartFailure.before(folder);
        Files.writeString(log, "2026-11-28 15:59:32 UTC [3] FATAL:  the cause\n");
        assertThat(failure.exception("failed", PG_CTL)).hasMessageContaining("FATAL:  the cause");
    }

    @Test
    void aFolderThatIsOpenToOthersIsToBeClosed() throws IOException {
        Files.setPosixFilePermissions(folder.cluster(), PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(said("FATAL:  data directory \"/d\" has invalid permissions"))
                .isEqualTo("The data are for their owner alone: chmod -R go-rwx " + folder.root());
    }

    @Test
    void whereNothingBelongsToAnotherUserNobodyIsToldToChangeTheOwner() {
        assertThat(said("pg_ctl: could not open PID file: Permission denied")).doesNotContain("chown");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            FATAL:  could not write lock file "postmaster.pid": No space left on device            | Free space on the disk
            FATAL:  could not map anonymous shared memory: Cannot allocate memory                  | more memory
            initdb: error: could not look up effective user ID 31999: user does not exist          | useradd
            FATAL:  could not create any TCP/IP sockets                                            | loopback
            pg_ctl: server did not start in time                                                   | start-timeout
            LOG:  could not fork checkpointer process: Resource temporarily unavailable            | ulimit -u
            PANIC:  could not locate a valid checkpoint record at 0/1B5F4A8                        | restore a backup
            postgres: error while loading shared libraries: libz.so.1: cannot open shared object   | ZAP_DATABASE_URL
            java.io.IOException: Cannot run program "postgres": Exec failed, error: 13 (Permission denied) | noexec
            FATAL:  something that nobody has ever seen                                            | More may be in
            """)
    void advice(String cause, String advice) {
        assertThat(said(cause)).contains(advice).doesNotContain("unshare");
    }

    private String said(String cause) {
        return StartFailure.before(folder).exception("failed", cause).advice();
    }
}
