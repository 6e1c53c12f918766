package zap.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The role of each of the two after any end of the program, from their files alone. */
class PostgresPairTest {

    @TempDir
    Path folder;

    private String primary() {
        try (var pair = PostgresPair.open(folder, "zap cluster", Clock.systemUTC())) {
            return pair.status().getFirst().name();
        }
    }

    /** Makes data with the history of this timeline. */
    private Path data(String name, int timeline) throws IOException {
        Path data = folder.resolve(name).resolve("data");
        Files.createDirectories(data.resolve("pg_wal"));
        for (int each = 2; each <= timeline; each++) {
            Files.createFile(data.resolve("pg_wal").resolve(String.format(Locale.ROOT, "%08X.history", each)));
        }
        return data;
    }

    @Test
    void inANewFolderItIsTheFirst() {
        assertThat(primary()).isEqualTo("postgres-1");
    }

    @Test
    void aStandbyIsNot() throws IOException {
        data("postgres-1", 1);
        Files.createFile(data("postgres-2", 1).resolve("standby.signal"));
        assertThat(primary()).isEqualTo("postgres-1");
    }

    @Test
    void whichWasPromotedIs() throws IOException {
        data("postgres-1", 1);
        data("postgres-2", 2);
        assertThat(primary()).isEqualTo("postgres-2");
    }

    @Test
    void whichWasPromotedLastIs() throws IOException {
        data("postgres-1", 17);
        data("postgres-2", 16);
        assertThat(primary()).isEqualTo("postgres-1");
    }

    @Test
    void theOldPrimaryThatBecameAStandbyIsNot() throws IOException {
        Files.createFile(data("postgres-1", 2).resolve("standby.signal"));
        data("postgres-2", 2);
        assertThat(primary()).isEqualTo("postgres-2");
    }

    /** A killed program leaves an unfinished copy under another name. */
    @Test
    void anUnfinishedCopyIsNoDatabase() throws IOException {
        data("postgres-1", 1);
        Files.createDirectories(folder.resolve("postgres-2/data.new/pg_wal"));
        assertThat(primary()).isEqualTo("postgres-1");
    }

    @Test
    void theDataOfThePrimaryIsMissed() throws IOException {
        Files.createFile(data("postgres-2", 1).resolve("standby.signal"));
        try (var pair = PostgresPair.open(folder, "zap cluster", Clock.systemUTC())) {
            assertThatThrownBy(pair::start)
                    .isInstanceOf(CannotUseDatabaseException.class)
                    .hasMessageContaining("is missing");
        }
    }

    @Test
    void aSecondOneInTheFolderIsRefused() {
        try (var _ = PostgresPair.open(folder, "zap cluster", Clock.systemUTC())) {
            assertThatThrownBy(this::primary)
                    .isInstanceOf(DataFolderInUseException.class)
                    .hasMessageContaining("is using the data in " + folder);
        }
    }
}
