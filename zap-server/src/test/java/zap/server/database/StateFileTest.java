package zap.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateFileTest {

    @TempDir
    private Path folder;

    @Test
    void whatIsWrittenIsReadAndForItsOwnerOnly() throws IOException {
        Path file = folder.resolve("port");
        StateFile.write(file, "20001\n");
        StateFile.write(file, "20002\n");
        assertThat(StateFile.read(file)).contains("20002");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(folder).isDirectoryNotContaining("glob:**.new");
    }

    @Test
    void aWriteThatFailsLeavesTheOldContentAndNothingElse() throws IOException {
        Path file = Files.createDirectory(folder.resolve("port"));
        Files.writeString(file.resolve("in the way"), "");
        assertThatThrownBy(() -> StateFile.write(file, "20001\n")).isInstanceOf(IOException.class);
        assertThat(file.resolve("in the way")).exists();
        assertThat(folder).isDirectoryNotContaining("glob:**.new");
    }

    @Test
    void aWriteThatWasKilledIsRepeated() throws IOException {
        Path file = folder.resolve("port");
        Files.writeString(folder.resolve("port.new"), "2");
        StateFile.write(file, "20001\n");
        assertThat(StateFile.read(file)).contains("20001");
    }

    /** As a full disk leaves it, or a power failure. */
    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "  ", "\0\0\0\0\0\0", "2000\0\n"})
    void whatIsNoTextCountsAsMissing(String content) throws IOException {
        Path file = folder.resolve("port");
        assertThat(StateFile.read(file)).isEmpty();
        Files.writeString(file, content);
        assertThat(StateFile.read(file)).isEmpty();
    }

    @Test
    void bytesThatAreNoTextCountAsMissing() throws IOException {
        Path file = folder.resolve("port");
        Files.write(file, new byte[] {(byte) 0xC3, (byte) 0x28, '1'});
        assertThat(StateFile.read(file)).isEmpty();
    }
}
