package zap.check.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.check.ProgramRun;
import zap.check.client.LittleClient.Mistake;

/** A client that runs as a process is driven by a file, and ended by its process id. */
class DrivenClientIT {

    private static final String WORDS = """
            # How to drive the little client.

            step register
            C types register
            C> 01
            C< 02 {me}
            step send
            C types send {bob} {text}
            C> 05 {me} {bob} {now} |oi|
            C< 07 {bob} {now}
            step again
            C types send {bob} {text}
            step text
            C types send {bob} {text}
            step long
            C types send {bob} {text}
            step receive
            C shows |olá, aqui é o Bob 🦜|
            step unread
            C types elsewhere
            step group
            C types here
            C types group {bob} {carla}
            C> 10 {me} {then} {bob} {carla}
            step group-send
            C types send {group} {text}
            step offline
            C types quit
            step return
            C types return
            """;

    private static String command(Mistake mistake, Path folder) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return "'" + java + "' -XX:TieredStopAtLevel=1 -cp '" + System.getProperty("java.class.path") + "' "
                + LittleClient.class.getName() + " " + mistake + " {host} {port} '" + folder.resolve("id") + "'";
    }

    private static ProgramRun run(Mistake mistake, Path folder, String words, String... more) throws Exception {
        Path file = Files.writeString(folder.resolve("words.txt"), words);
        return ProgramRun.of(
                "",
                java.util.stream.Stream.concat(
                                java.util.stream.Stream.of(
                                        "client",
                                        "--listen",
                                        "0",
                                        "--run",
                                        command(mistake, folder),
                                        "--expect",
                                        file.toString()),
                                java.util.stream.Stream.of(more))
                        .toArray(String[]::new));
    }

    @Test
    void aClientWithoutAMistakePasses(@TempDir Path folder) throws Exception {
        ProgramRun run = run(Mistake.NONE, folder, WORDS);
        assertThat(run.out()).contains("✓ C12.1", "✓ C2.1", "✓ C10.3").doesNotContain("✗");
        assertThat(run.out().lines().filter(line -> line.endsWith("the client connects")))
                .as("to register, to return, and after each of three broken connections, once each")
                .hasSize(5);
        assertThat(run.exitCode()).isZero();
        assertThat(ProcessHandle.current()
                        .descendants()
                        .filter(process ->
                                process.info().commandLine().orElse("").contains(folder.toString())))
                .isEmpty();
    }

    @Test
    void aLineThatDoesNotHappenIsNamed(@TempDir Path folder) throws Exception {
        ProgramRun run = run(
                Mistake.NONE,
                folder,
                "# T\nstep register\nC types register\nC> 03 {me}\n",
                "--only",
                "C1.1,C12",
                "--patience",
                "2");
        assertThat(run.out()).contains("✓ C1.1", "✗ C12.1", "line 4: C> 03 {me}");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    /** Checks that a client hears nothing before it prompts: what comes before is a paste for a terminal program. */
    @Test
    void aClientThatStartsSlowlyIsTypedToWhenItPrompts() throws Exception {
        var script = ClientScript.parse("# T\nstep register\nC types hello\n");
        String slow = "sleep 1; echo ready; read -r line; echo \"got $line\"; cat";
        try (var driver = new ProgramDriver(slow, script, Duration.ofSeconds(30))) {
            driver.tell(Act.REGISTER, Map.of());
            assertThat(driver.output()).startsWith("ready\n");
            assertThat(driver.shows("got hello")).isTrue();
        }
    }

    @Test
    void aProgramThatDoesNotStartIsNoClient(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("words.txt"), "# T\nC types register\n");
        ProgramRun run = ProgramRun.of(
                "",
                "client",
                "--listen",
                "0",
                "--run",
                "echo not here",
                "--expect",
                file.toString(),
                "--patience",
                "1");
        assertThat(run.exitCode()).isEqualTo(69);
        assertThat(run.err()).contains("No client has connected", "not here");
    }

    @Test
    void aPersonCanSkipAndTheReportSaysSo() throws Exception {
        ProgramRun run = ProgramRun.of("s\n", "client", "--listen", "0", "--only", "C1.1", "--patience", "2");
        assertThat(run.exitCode()).isEqualTo(69);
        assertThat(run.out()).contains("Start the client with the server 127.0.0.1:", "s and Enter = skip");
    }
}
