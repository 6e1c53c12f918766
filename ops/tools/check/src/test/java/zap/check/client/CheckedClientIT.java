package zap.check.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import zap.check.ProgramRun;

/** zap's own client passes the suite: with commands on its standard input, and as a session in a terminal. */
@Execution(ExecutionMode.CONCURRENT)
class CheckedClientIT {

    private static final Path ROOT =
            Path.of(System.getProperty("zap.root", "../../..")).toAbsolutePath().normalize();

    /** Makes a terminal of a pipe; on Linux it is everywhere. */
    private static final Path SCRIPT = Path.of("/usr/bin/script");

    private static final String WORDS = """
            # How to drive zap's own client.

            step register
            C types register
            C> 01
            C< 02 {me}
            step send
            C types contact add bob {bob}
            C types send {bob} {text}
            C> 05 {me} {bob} {now} |oi|
            step again
            C types send {bob} {text}
            step text
            C types send {bob} {text}
            step long
            C types send {bob} {text}
            step receive
            C types read
            step unread
            C types status
            step group
            C types create-group turma {bob} {carla}
            C> 10 {me} {then} {bob} {carla}
            step group-send
            C types send turma {text}
            step group-receive
            C types read
            step invited
            C types read
            step split
            C types read
            step glued
            C types read
            step late
            C types read
            step offline
            C types quit
            step return
            C types connect
            nothing happens for 3 s
            C types read
            step hang-up
            C types connect
            nothing happens for 3 s
            C types read
            step cut
            C types connect
            step unknown
            C types connect
            """;

    private static String client(Path folder) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return "'" + java + "' -XX:TieredStopAtLevel=1 -Xmx256m --enable-native-access=ALL-UNNAMED -jar '" + jar()
                + "' --server {address} --profile '" + folder.getFileName() + "'";
    }

    private static Path jar() {
        String given = System.getProperty("zap.client.jar");
        if (given != null) {
            return Path.of(given);
        }
        try (var files = Files.list(ROOT.resolve("zap-shell-client").resolve("target"))) {
            return files.filter(file -> file.getFileName().toString().matches("zap-shell-client-[0-9].*-boot\\.jar"))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no jar of zap-shell-client: mvn verify makes it"));
        } catch (IOException e) {
            throw new IllegalStateException("no jar of zap-shell-client: mvn verify makes it", e);
        }
    }

    private static ProgramRun run(Path folder, String command, String only) throws Exception {
        Path words = Files.writeString(folder.resolve("words.txt"), WORDS);
        String start = "ZAP_HOME='" + folder.resolve("home") + "' LC_ALL=C.UTF-8 TERM=dumb exec " + command;
        return ProgramRun.of(
                "",
                "client",
                "--listen",
                "0",
                "--patience",
                "30",
                "--only",
                only,
                "--run",
                start,
                "--expect",
                words.toString());
    }

    @Test
    void commandsOnItsStandardInputPass(@TempDir Path folder) throws Exception {
        // It connects for each command, so that nothing can be sent to it in pieces.
        ProgramRun run = run(folder, client(folder), "C1,C2.1,C2.2,C2.3,C2.4,C3,C4,C5,C6.1,C6.2,C8");
        assertThat(run.out() + run.err()).contains("✓ C3.1", "✓ C5.1", "✓ C8.1").doesNotContain("✗");
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void aSessionInATerminalPasses(@TempDir Path folder) throws Exception {
        assumeThat(SCRIPT).isExecutable();
        String inTerminal = "stty cols 250 rows 60; exec " + client(folder);
        ProgramRun run = run(
                folder, SCRIPT + " -qfec \"" + inTerminal + "\" /dev/null", "C1,C2,C3,C4,C5,C6,C7,C8,C9,C10,C11,C12");
        assertThat(run.out() + run.err()).contains("✓ C10.3", "✓ C12.1").doesNotContain("✗");
        assertThat(run.exitCode()).isZero();
    }
}
