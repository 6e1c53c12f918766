package zap.shell.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the places of profiles. */
class ProfileTest {

    /** The home that Java reports for a user whose home it does not know. */
    private static final Path UNKNOWN = Path.of("?");

    @Test
    void aUserWithoutAHomeGetsNoProfileInTheFolderWhereTheyStand() {
        for (Path home : new Path[] {UNKNOWN, Path.of(""), Path.of("relative")}) {
            assertThatThrownBy(() -> Profile.named("me", Map.of(), home)).isInstanceOf(Profile.NoHomeException.class);
        }
    }

    @Test
    void withoutAHomeThePlacesThatTheEnvironmentNamesAreUsed(@TempDir Path folder) {
        assertThat(Profile.named("me", Map.of("ZAP_HOME", folder.toString()), UNKNOWN)
                        .folder())
                .isEqualTo(folder.resolve("me"));
        assertThat(Profile.named("me", Map.of("XDG_DATA_HOME", folder.toString()), UNKNOWN)
                        .folder())
                .isEqualTo(folder.resolve("zap/me"));
    }

    @Test
    void theUsualPlaceIsKeptByWhoHasIt(@TempDir Path home) throws Exception {
        Map<String, String> elsewhere =
                Map.of("XDG_DATA_HOME", home.resolve("data").toString());
        assertThat(Profile.named("me", elsewhere, home).folder()).isEqualTo(home.resolve("data/zap/me"));
        Files.createDirectory(home.resolve(".zap"));
        assertThat(Profile.named("me", elsewhere, home).folder()).isEqualTo(home.resolve(".zap/me"));
    }
}
