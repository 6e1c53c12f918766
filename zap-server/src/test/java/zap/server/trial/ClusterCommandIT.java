package zap.server.trial;

import static org.assertj.core.api.Assertions.assertThat;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.delivered;
import static zap.server.testing.FrameText.send;
import static zap.server.testing.TestedServer.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.server.database.ReadyPrograms;
import zap.server.testing.BesideOthers;
import zap.server.testing.PackagedServer;
import zap.server.testing.WireClient;

/** {@code ./zap cluster}, as the script starts it. */
@BesideOthers
class ClusterCommandIT {

    /** Lower bound of the ports: below those of other tests, and far from those of a cluster that somebody tries. */
    private static final int FIRST_PORT = 8801;

    private static final Duration READY_WITHIN = Duration.ofMinutes(3);
    private static final long STOPPED_WITHIN_SECONDS = 120;

    @TempDir
    Path data;

    private Process command;

    private record Said(int status, String out, String err) {}

    @AfterEach
    void endAll() {
        if (command != null) {
            pids().forEach(ProcessHandle::destroyForcibly);
            command.destroyForcibly();
        }
    }

    @Test
    void twoNodesAreOneZapAndOutliveTheirPrimaryAndAllEndTogether() throws Exception {
        start("2");
        List<Integer> ports = matches("node [ab] +localhost:(\\d+)").toList();
        assertThat(ports).hasSize(2);
        assertThat(printed())
                .contains("ZAP_DATA=" + data.resolve("cluster") + " ./zap admin --server http://127.0.0.1:"
                        + matches("operators (\\d+)").findFirst().orElseThrow() + " nodes\n");
        // The second one says what it has become.
        assertThat(Stream.of("node-a", "node-b"))
                .anyMatch(node -> read(data.resolve("cluster").resolve(node).resolve("server.log"))
                        .contains(" of one zap: database, clients and messages are shared with node "));
        try (WireClient ana = WireClient.connect("ana", ports.getFirst());
                WireClient bob = WireClient.connect("bob", ports.getLast())) {
            String anasId = ana.register();
            String bobsId = bob.register();
            ana.send(send(anasId, bobsId, 1, "oi"));
            bob.expectFrame(deliver(anasId, bobsId, 1, "oi"));
            ana.expectFrame(delivered(bobsId, 1));

            assertThat(run("promote").err()).startsWith("The primary still answers.");
            assertThat(run("kill", "primary").out()).startsWith("Killed: the primary (pid ");
            ana.send(send(anasId, bobsId, 2, "waits"));
            assertThat(run("promote").out()).startsWith("postgres-2 is the primary now");
            bob.expectFrame(deliver(anasId, bobsId, 2, "waits"));
            ana.expectFrame(delivered(bobsId, 2));
        }
        Said second = run("2");
        assertThat(second.status()).isEqualTo(69);
        assertThat(second.err()).contains("zap cluster (pid " + command.pid() + ") is using the data in ");

        command.destroy();
        assertThat(command.waitFor(STOPPED_WITHIN_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(command.exitValue()).as(printed()).isEqualTo(128 + 15);
        assertThat(pids()).as(printed()).isEmpty();
        assertThat(run("status").err()).contains("No cluster runs in " + data.resolve("cluster"));
    }

    @Test
    void aPortThatIsTakenIsPassedOver() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort() - 1;
            assertThat(TrialCluster.freeBlocks("127.0.0.1", port, 2))
                    .hasSize(2)
                    .doesNotContain(port)
                    .allMatch(first -> (first - port) % 10 == 0);
        }
    }

    private void start(String... words) throws IOException {
        ReadyPrograms.into(data.resolve("cluster"), "postgres-1");
        List<String> server = PackagedServer.command(Path.of(System.getProperty("zap.root")), List.of());
        var line = new ArrayList<>(List.of(
                server.getFirst(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                server.getLast(),
                ClusterCommand.class.getName()));
        line.addAll(List.of(words));
        line.addAll(List.of("--port", Integer.toString(FIRST_PORT), "--"));
        line.addAll(server);
        var builder = new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(data.resolve("screen").toFile());
        builder.environment().put("ZAP_DATA", data.toString());
        command = builder.start();
        await("the cluster to be ready", READY_WITHIN, () -> {
            assertThat(command.isAlive()).as(printed()).isTrue();
            return printed().contains("Stop:     Ctrl-C");
        });
    }

    private Said run(String... words) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        int status = new ClusterCommand(
                        Map.of("ZAP_DATA", data.toString()),
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        Clock.systemUTC())
                .run(List.of(words));
        return new Said(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private String printed() {
        return read(data.resolve("screen"));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Stream<Integer> matches(String pattern) {
        return Pattern.compile(pattern)
                .matcher(printed())
                .results()
                .map((MatchResult found) -> Integer.valueOf(found.group(1)));
    }

    /** Returns the nodes and databases that run still. One that was not collected by its parent has no command. */
    private List<ProcessHandle> pids() {
        return matches("pid (\\d+)")
                .flatMap(pid -> ProcessHandle.of(pid).stream())
                .filter(process -> process.isAlive() && process.info().command().isPresent())
                .toList();
    }
}
