package zap.server.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.server.testing.BesideOthers;
import zap.server.testing.ServerProcess;

/**
 * The server in locales with digits, a calendar and letters of their own, one after the other on the same data. They
 * are set for its JVM, because a machine rarely has them all installed.
 */
@BesideOthers
class LocalesIT {

    private static final List<String> LOCALES = List.of("ar-EG", "fa-IR", "mr-IN", "th-TH", "tr-TR", "C");

    @Test
    void theServerStartsAndSpeaksTheSameInEveryLocale(@TempDir Path temporary) {
        Path folder = ReadyFolders.make(temporary);
        for (String locale : LOCALES) {
            try (ServerProcess server = ServerProcess.in(
                    List.of("env", "JAVA_TOOL_OPTIONS=" + options(locale)),
                    "locale-" + locale,
                    List.of("zap.database.directory=" + folder))) {
                server.start();
                assertThat(server.log())
                        .as(locale)
                        .anyMatch(line -> line.matches("zap \\S+ is ready after [0-9]+\\.[0-9] s"))
                        .anyMatch(line -> line.matches(" +" + server.port() + " +messages: .*"))
                        .noneMatch(line -> line.contains("ERROR") || line.contains("WARN"));
                server.stop();
            }
        }
    }

    private static String options(String locale) {
        String[] parts = locale.split("-", 2);
        return parts.length == 1
                ? "-Duser.language= -Duser.country="
                : "-Duser.language=" + parts[0] + " -Duser.country=" + parts[1];
    }
}
