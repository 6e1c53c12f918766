package zap.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.bench.load.Progress;
import zap.server.testing.PackagedServer;

/** The load generator as people run it, against the real server as it was packaged. */
class BenchIT {

    private static StartedServer server;

    @TempDir
    private Path folder;

    @BeforeAll
    static void startServer() throws IOException, InterruptedException {
        server = StartedServer.start(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        // It lives for seconds: what counts is how soon it is there.
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xmx512m",
                        "--enable-native-access=ALL-UNNAMED",
                        "-jar",
                        packagedServer().toString()),
                "it");
    }

    /** The jar that can be started: there may be others beside it. */
    private static Path packagedServer() throws IOException {
        Path target = Path.of(System.getProperty("zap.root"), "zap-server", "target");
        try (var files = Files.list(target)) {
            return files.filter(file -> file.getFileName().toString().matches("zap-server-.*-boot\\.jar"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    private String measure(String... words) throws IOException, InterruptedException {
        return measure(new Progress(null), words);
    }

    private String measure(Progress progress, String... words) throws IOException, InterruptedException {
        Path json = folder.resolve("results.json");
        var all = new ArrayList<>(List.of(words));
        all.addAll(List.of(
                "--server=127.0.0.1:" + server.address().getPort(),
                "--actuator=" + server.actuator(),
                "--warmup=0.2",
                "--seconds=1",
                "--pairs=5",
                "--json=" + json));
        assertThat(Bench.run(all, progress)).as("the exit code: 0 is all well").isZero();
        return Files.readString(json);
    }

    /** Checks the number of rows of this mode, each of which must have a figure above zero. */
    private static void assertFigures(String json, String mode, String figure, int rows) {
        String text = "\"mode\": \"" + mode + "\"";
        assertThat(Pattern.compile(text).matcher(json).results().count())
                .as(text)
                .isEqualTo(rows);
        var medians = Pattern.compile(text + ".*?\"" + figure + "\": \\{\\s*\"median\": ([0-9.E-]+)", Pattern.DOTALL)
                .matcher(json)
                .results()
                .mapToDouble(match -> Double.parseDouble(match.group(1)))
                .toArray();
        assertThat(medians).as(mode + ": " + figure).hasSize(rows);
        for (double median : medians) {
            assertThat(median).as(mode + ": " + figure).isPositive();
        }
    }

    @Test
    void everyModeMeasuresBothKindsOfSessionsAndFindsAllMessages() throws IOException, InterruptedException {
        Path report = folder.resolve("report.html");
        String json = measure(
                "throughput",
                "latency",
                "offline",
                "groups",
                "storm",
                "--runs=1",
                "--window=4",
                "--rate=50",
                "--messages=20",
                "--groups=2",
                "--members=4",
                "--connections=10",
                "--report=" + report);
        assertThat(json).contains("\"clean\": true", "\"target\": \"zap base\"", "\"target\": \"zap assured\"");
        assertFigures(json, "throughput", "messages", 2);
        assertFigures(json, "latency", "p99", 2);
        assertFigures(json, "offline", "stored", 2);
        assertFigures(json, "offline", "drained", 2);
        assertFigures(json, "groups", "deliveries", 2);
        assertFigures(json, "storm", "all_back", 2);
        // The server's process, its PostgreSQL and its meters were found by themselves.
        assertFigures(json, "throughput", "cpu_server", 2);
        assertFigures(json, "throughput", "cpu_database", 2);
        assertFigures(json, "throughput", "batch", 2);
        assertThat(Files.readString(report)).contains("<svg", "each once, in order", "Writes that shared a commit");
    }

    /** A server that its machine stops for a while is the cause of the messages that were due meanwhile. */
    @Test
    void aServerThatWasStoppedIsNamedAsTheCause() throws Exception {
        var goingOn = new CompletableFuture<Void>();
        var stopped = new AtomicBoolean();
        // Its progress says when it measures.
        var progress = new Progress(new PrintStream(OutputStream.nullOutputStream()) {
            @Override
            public void print(@Nullable String words) {
                if (String.valueOf(words).contains("measuring, second 1") && !stopped.getAndSet(true)) {
                    signal("STOP");
                    goingOn.completeAsync(() -> null, CompletableFuture.delayedExecutor(400, TimeUnit.MILLISECONDS))
                            .thenRun(() -> signal("CONT"));
                }
            }
        });
        String json = measure(
                progress,
                "latency",
                "--explain",
                "--late=100",
                "--runs=1",
                "--session=base",
                "--rate=200",
                "--data=" + server.dataFolder());
        goingOn.join();
        assertThat(Pattern.compile("\"causes\": \\[\\s*\\{\\s*\"cause\": \"server_stopped\"")
                        .matcher(json)
                        .find())
                .as(json)
                .isTrue();
        assertThat(json)
                .as("the evidence, and what the server's recording and its PostgreSQL say")
                .contains("(stopped by a signal)", "of messages alone", "log, wal_records", "Clocks: ");
    }

    private static void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(server.pid()))
                    .inheritIO()
                    .start()
                    .waitFor();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void idleConnectionsTakeMemoryOfTheServer() throws IOException, InterruptedException {
        // Some MB that the other modes left behind are freed meanwhile: so many that they weigh more.
        String json = measure("idle", "--runs=1", "--connections=1200", "--session=base");
        assertFigures(json, "idle", "heap", 1);
    }

    /** Over TLS it is the same but for the socket; the server of this test has no certificate. */
    @Test
    void halfOfTheIdleConnectionsMayBeSilent() throws IOException, InterruptedException {
        String json = measure("idle", "--silent", "--runs=1", "--connections=300", "--session=base");
        assertThat(json).contains("300 half-silent connections");
        assertFigures(json, "idle", "heap", 1);
        assertThat(Bench.run(List.of("idle", "--ca=ca.pem", "--start"))).isEqualTo(Bench.USAGE);
    }

    @Test
    void severalNodesAreMeasuredAndTheReturnOfTheClientsOfOneThatIsKilled() throws IOException, InterruptedException {
        Path json = folder.resolve("nodes.json");
        // A recorded start takes less; the first server has none, or it would give memory back while that is measured.
        List<String> command = PackagedServer.command(Path.of(System.getProperty("zap.root")), List.of("-Xmx512m"));
        try (StartedServer second = server.startNode(command, "it-2")) {
            List<String> words = List.of(
                    "--nodes=2",
                    "--rounds=1",
                    "--warmup=0.2",
                    "--seconds=1",
                    "--pairs=4",
                    "--window=4",
                    "--rate=50",
                    "--json=" + json);
            assertThat(SeveralNodes.run(words, List.of(server, second))).isZero();
            String results = Files.readString(json);
            assertThat(results)
                    .contains("2 nodes, all on one", "2 nodes, apart", "2 nodes, mixed")
                    .contains("\"clean\": true");
            assertFigures(results, "throughput", "messages", 3);
            assertFigures(results, "throughput", "cpu_server", 3);
            assertFigures(results, "throughput", "cpu_database", 3);
            assertFigures(results, "latency", "p99", 3);
            assertThat(NodeLoss.run(List.of("--clients=20", "--spread=0.2"), server, second))
                    .as("the exit code: 0 when all clients have come back and got a message")
                    .isZero();
        }
    }

    @Test
    void repetitionsGiveASpread() throws IOException, InterruptedException {
        String json = measure("throughput", "--runs=2", "--window=1", "--session=assured", "--until=accepted");
        assertThat(json).contains("\"run\": 1", "\"run\": 2");
        assertFigures(json, "throughput", "messages", 1);
    }

    @Test
    void withoutAServerItSaysWhatToDo() throws IOException, InterruptedException {
        assertThat(Bench.run(List.of("--server=127.0.0.1:1"))).isEqualTo(Bench.UNAVAILABLE);
        assertThat(Bench.run(List.of("--server=nowhere"))).isEqualTo(Bench.USAGE);
    }
}
