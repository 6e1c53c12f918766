package zap.server.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.server.ZapServer;
import zap.server.testing.BesideOthers;

/**
 * The server in locales with digits, a calendar and letters of their own, one after the other on the same data, in one
 * JVM. They are set for the JVM, because a machine rarely has them all installed.
 */
@BesideOthers
class LocalesIT {

    /** The JVM is started in the first one: what a class computes once is computed in it. */
    private static final List<String> LOCALES =
            List.of("ar-EG", "fa-IR", "mr-IN", "ne-NP", "bn-BD", "my-MM", "th-TH", "tr-TR", "und");

    @Test
    void theServerStartsAndSpeaksTheSameInEveryLocale(@TempDir Path temporary) throws IOException {
        var builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "--enable-native-access=ALL-UNNAMED",
                        "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Starts.class.getName(),
                        "--zap.database.directory=" + ReadyFolders.make(temporary),
                        "--zap.gateway.address=127.0.0.1",
                        "--zap.gateway.port=0",
                        "--zap.gateway.recv-port=0",
                        "--server.port=0")
                .redirectErrorStream(true);
        builder.environment().put("JAVA_TOOL_OPTIONS", "-Duser.language=ar -Duser.country=EG");
        Process starts = builder.start();
        String said = new String(starts.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(starts.onExit().join().exitValue()).as(said).isZero();
        assertThat(said.lines())
                .filteredOn(line -> line.matches("zap \\S+ is ready after [0-9]+\\.[0-9] s"))
                .hasSameSizeAs(LOCALES);
        assertThat(said.lines())
                .filteredOn(line -> line.matches(" +[0-9]+ +messages: frames of full width .*"))
                .hasSameSizeAs(LOCALES);
        assertThat(said.lines()).noneMatch(line -> line.contains(" ERROR ") || line.contains(" WARN "));
        assertThat(said.lines())
                .as("no word about how the server is built")
                .noneMatch(line -> line.contains("Channel"));
    }

    /** Starts the server and stops it, in one locale after the other. */
    static final class Starts {

        private Starts() {}

        public static void main(String[] args) {
            for (String locale : LOCALES) {
                Locale.setDefault(Locale.forLanguageTag(locale));
                ZapServer.start(args).close();
            }
        }
    }
}
