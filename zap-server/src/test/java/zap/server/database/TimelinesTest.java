package zap.server.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TimelinesTest {

    private static final String SYSTEM = "7412345678901234567";
    private static final String OTHER = "7498765432109876543";

    @TempDir
    private Path folder;

    private Path file() {
        return folder.resolve("data/timelines");
    }

    @Test
    void theHighestOfEachDatabaseOutlivesTheServer() {
        var timelines = new Timelines(file());
        assertThat(timelines.highest(SYSTEM)).isOne();
        assertThat(timelines.saw(SYSTEM, 3)).isTrue();
        assertThat(timelines.saw(SYSTEM, 2)).isFalse();
        assertThat(timelines.saw(OTHER, 2)).isTrue();

        var later = new Timelines(file());
        assertThat(later.highest(SYSTEM)).isEqualTo(3);
        assertThat(later.highest(OTHER)).isEqualTo(2);
        assertThat(later.saw(SYSTEM, 3)).isFalse();
    }

    @Test
    void aDatabaseThatWasNeverFailedOverLeavesNoFile() {
        assertThat(new Timelines(file()).saw(SYSTEM, 1)).isFalse();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whatAnotherServerWithThisFolderHasSeenStays() {
        var one = new Timelines(file());
        var other = new Timelines(file());
        one.saw(SYSTEM, 5);
        other.saw(SYSTEM, 4);
        assertThat(new Timelines(file()).highest(SYSTEM)).isEqualTo(5);
        assertThat(other.highest(SYSTEM)).isEqualTo(5);
    }

    @Test
    void aDamagedFileAndAFolderThatCannotBeWrittenStopNoServer() throws IOException {
        Files.createDirectories(file().getParent());
        Files.writeString(file(), "nonsense\n" + SYSTEM + " 2\n" + OTHER + "\n");
        assertThat(new Timelines(file()).highest(SYSTEM)).isEqualTo(2);

        Path inAFile = Files.writeString(folder.resolve("file"), "").resolve("timelines");
        var timelines = new Timelines(inAFile);
        assertThat(timelines.saw(SYSTEM, 2)).isTrue();
        assertThat(timelines.highest(SYSTEM)).isEqualTo(2);
    }
}
