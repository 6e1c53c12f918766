package zap.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The data folder without PostgreSQL. */
class DataFolderTest {

    @TempDir
    private Path root;

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

    private void write(String name, String content) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }
}
