package zap.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The data folder without PostgreSQL. */
class DataFolderTest {

    @TempDir
    private Path root;

    @Test
    void aSecondServerIsToldHowSeveralShareADatabase() {
        try (var _ = DataFolder.open(root)) {
            assertThatThrownBy(() -> DataFolder.open(root))
                    .isInstanceOfSatisfying(
                            DataFolderInUseException.class,
                            e -> assertThat(e.advice()).contains("share one database: ./zap cluster."));
        }
    }

    @Test
    void aRestoreThatWasKilledBetweenItsTwoMovesIsFinished() throws IOException {
        write("postgresql.restored/data/PG_VERSION", "restored");
        write("postgresql.before-restore-20261128T082643Z/data/PG_VERSION", "old");
        try (var folder = DataFolder.open(root)) {
            StagedData.of(folder).discard();
            assertThat(folder.cluster().resolve("PG_VERSION")).hasContent("restored");
            assertThat(folder.restored()).doesNotExist();
            assertThat(folder.replaced("20261128T082643Z")).isDirectory();
        }
    }

    @Test
    void aRestoreThatWasKilledBeforeItsFirstMoveHasChangedNothing() throws IOException {
        write("postgresql/data/PG_VERSION", "present");
        write("postgresql.restored/data/PG_VERSION", "restored");
        write("postgresql.restoring/data/PG_VERSION", "half");
        try (var folder = DataFolder.open(root)) {
            StagedData.of(folder).discard();
            assertThat(folder.cluster().resolve("PG_VERSION")).hasContent("present");
            assertThat(folder.restored()).doesNotExist();
            assertThat(folder.staged().postgresql()).doesNotExist();
        }
    }

    @Test
    void whoHasTheFolderIsSaidByName() {
        try (var _ = DataFolder.open(root, "zap backup")) {
            assertThat(root.resolve("zap.lock"))
                    .hasContent(ProcessHandle.current().pid() + " zap backup");
            assertThatThrownBy(() -> DataFolder.open(root)).isInstanceOf(DataFolderInUseException.class);
        }
        DataFolder.open(root).close();
    }

    /** As a full disk leaves it, or a power failure. */
    @ParameterizedTest
    @ValueSource(strings = {"", "\0\0\0\0\0\0", "0\n", "-5\n", "99999\n", "123456789012\n", "port\n"})
    void aPortThatIsNoneIsChosenAnew(String content) throws IOException {
        write("postgresql/port", content);
        try (var folder = DataFolder.open(root)) {
            int port = folder.port("127.0.0.1");
            assertThat(port).isBetween(20_001, 30_000);
            assertThat(folder.port("127.0.0.1")).isEqualTo(port);
            assertThat(folder.portFile()).hasContent(Integer.toString(port));
        }
    }

    /** Tests a host without that address, on which every port looks taken. */
    @Test
    void whereNoPortIsFreeItDoesNotLookForEver() {
        try (var folder = DataFolder.open(root)) {
            assertThatThrownBy(() -> folder.port("192.0.2.7"))
                    .isInstanceOf(CannotUseDatabaseException.class)
                    .hasMessageContaining("of 192.0.2.7 is free");
        }
        assertThat(DataFolder.loopback()).isIn("127.0.0.1", "::1");
    }

    @Test
    void aTokenThatIsEmptyIsMadeAnew() throws IOException {
        write("admin.token", "");
        try (var folder = DataFolder.open(root)) {
            String token = folder.adminToken();
            assertThat(token).hasSizeGreaterThan(20);
            assertThat(folder.adminToken()).isEqualTo(token);
        }
    }

    @Test
    void theFolderThatIsAFileIsSaidToBeOne() throws IOException {
        write("a file", "");
        assertThatThrownBy(() -> DataFolder.open(root.resolve("a file")))
                .isInstanceOfSatisfying(
                        CannotUseDatabaseException.class,
                        e -> assertThat(e.advice()).contains("not a folder"));
    }

    private void write(String name, String content) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }
}
