package zap.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import zap.bench.load.CannotMeasureException;
import zap.bench.machine.Processes;

/**
 * A server that was started just to be measured: on free ports, with data of its own, which are deleted when it is
 * stopped.
 */
public final class StartedServer implements AutoCloseable {

    /** It may have to be built first. */
    private static final Duration READY_WITHIN = Duration.ofMinutes(15);

    private static final Duration STOPS_WITHIN = Duration.ofMinutes(2);
    private static final Duration ANSWERS_WITHIN = Duration.ofSeconds(10);
    private static final int OK = 200;
    private static final int LAST_LINES = 20;

    /** Lower bound of the ports: below those that systems lend to outgoing connections (32768 and above). */
    private static final int FIRST_PORT = 19_000;

    /** Number of ports of a server. */
    private static final int PORTS = 3;

    /** Number of blocks of ports to choose from. */
    private static final int BLOCKS = 300;

    private final Path data;
    private final Process process;
    private final int port;
    private final int actuatorPort;
    private final Thread atExit = new Thread(this::stop);

    private StartedServer(Path data, Process process, int port, int actuatorPort) {
        this.data = data;
        this.process = process;
        this.port = port;
        this.actuatorPort = actuatorPort;
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /**
     * Starts the server of a checkout, after building it if need be, and waits until it is ready.
     *
     * @param name of its folder and log, to tell it from others
     */
    static StartedServer start(Path checkout, String name) throws IOException, InterruptedException {
        return start(commandOf(checkout), name);
    }

    /**
     * Starts the server of a checkout with more options for its JVM, and waits until it is ready.
     *
     * @param name of its folder and log, to tell it from others
     */
    static StartedServer start(Path checkout, String name, String jvmOptions) throws IOException, InterruptedException {
        String usual = System.getenv("ZAP_JAVA_OPTS");
        return start(
                commandOf(checkout),
                name,
                Map.of("ZAP_DATABASE_URL", "", "ZAP_JAVA_OPTS", (usual == null ? "" : usual + " ") + jvmOptions));
    }

    /** Returns the command that starts the server of a checkout. */
    static List<String> commandOf(Path checkout) {
        Path script = checkout.resolve("zap");
        if (!Files.isExecutable(script)) {
            throw new CannotMeasureException(checkout + " is no checkout of zap: it has no zap script.");
        }
        return List.of(script.toString(), "server");
    }

    /**
     * Starts a server with this command, to which ports are added, and waits until it is ready.
     *
     * @param name of its folder, to tell it from others
     */
    public static StartedServer start(List<String> command, String name) throws IOException, InterruptedException {
        return start(command, name, Map.of("ZAP_DATABASE_URL", ""));
    }

    /** Starts a server with this command as another node on this one's own PostgreSQL, and waits until it is ready. */
    StartedServer startNode(List<String> command, String name) throws IOException, InterruptedException {
        Path postgresql = dataFolder(data).resolve("postgresql");
        return start(
                command,
                name,
                Map.of(
                        "ZAP_DATABASE_URL",
                        // As the first node itself uses it.
                        "jdbc:postgresql://127.0.0.1:%s/zap?reWriteBatchedInserts=true&ApplicationName=zap"
                                .formatted(firstLine(postgresql.resolve("port"))),
                        "ZAP_DATABASE_USER",
                        "zap",
                        "ZAP_DATABASE_PASSWORD",
                        firstLine(postgresql.resolve("password"))));
    }

    private static String firstLine(Path file) throws IOException {
        return Files.readString(file).lines().findFirst().orElse("");
    }

    private static Path dataFolder(Path data) {
        return data.resolve("var");
    }

    /** Returns the folder with its data. */
    Path dataFolder() {
        return dataFolder(data);
    }

    private static StartedServer start(List<String> command, String name, Map<String, String> environment)
            throws IOException, InterruptedException {
        Path data = Files.createTempDirectory("zap-bench-" + name + "-");
        int port = freePorts();
        int recvPort = port + 1;
        int actuatorPort = port + 2;
        var whole = new ArrayList<>(command);
        whole.addAll(List.of(
                "--zap.gateway.address=127.0.0.1",
                "--zap.gateway.port=" + port,
                "--zap.gateway.recv-port=" + recvPort,
                "--server.port=" + actuatorPort,
                // Half of a crowd that connects at once may have to wait for its turn.
                "--zap.gateway.silence=5m"));
        var builder = new ProcessBuilder(whole)
                .redirectErrorStream(true)
                .redirectOutput(log(data).toFile());
        builder.environment().put("ZAP_DATA", dataFolder(data).toString());
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        var server = new StartedServer(data, process, port, actuatorPort);
        try {
            server.awaitReady();
            return server;
        } catch (InterruptedException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private static Path log(Path data) {
        return data.resolve("server.log");
    }

    /**
     * Returns the first of {@link #PORTS} consecutive ports of 127.0.0.1 on which no program listens.
     *
     * <p>The system could lend a port of its own choice to an outgoing connection before the server listens on it.
     */
    private static int freePorts() {
        while (true) {
            int first = FIRST_PORT + PORTS * ThreadLocalRandom.current().nextInt(BLOCKS);
            if (IntStream.range(first, first + PORTS).allMatch(StartedServer::isFree)) {
                return first;
            }
        }
    }

    private static boolean isFree(int port) {
        try (var _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    private void awaitReady() throws InterruptedException {
        long until = System.nanoTime() + READY_WITHIN.toNanos();
        try (var http = HttpClient.newHttpClient()) {
            while (!isReady(http)) {
                if (!process.isAlive() || System.nanoTime() > until) {
                    throw new CannotMeasureException("The server did not start:\n" + lastLines());
                }
                // It says nothing by itself; this is between two questions.
                Thread.sleep(200);
            }
        }
    }

    private boolean isReady(HttpClient http) throws InterruptedException {
        try {
            var question = HttpRequest.newBuilder(actuator().resolve("/actuator/health/readiness"))
                    .timeout(ANSWERS_WITHIN)
                    .build();
            return http.send(question, HttpResponse.BodyHandlers.discarding()).statusCode() == OK;
        } catch (IOException e) {
            // It does not listen yet.
            return false;
        }
    }

    private String lastLines() {
        try {
            List<String> lines = Files.readAllLines(log(data));
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
        } catch (IOException e) {
            return "(and its log cannot be read: " + e + ")";
        }
    }

    /** Returns the address of the main listener. */
    public InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** Returns the address of health and meters. */
    public URI actuator() {
        return URI.create("http://127.0.0.1:" + actuatorPort);
    }

    /** Returns the process that listens on its port. */
    long pid() {
        return Processes.listeningOn(port)
                .orElseThrow(() -> new CannotMeasureException("The server on port " + port + " has ended."));
    }

    /** Kills it with kill -9. */
    void kill() {
        ProcessHandle.of(pid()).ifPresent(ProcessHandle::destroyForcibly);
    }

    private void stop() {
        process.destroy();
        try {
            if (!process.waitFor(STOPS_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (var below = Files.walk(data)) {
            for (Path path : below.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | UncheckedIOException e) {
            System.err.println("Could not delete " + data + ": " + e);
        }
    }

    @Override
    public void close() {
        try {
            if (Runtime.getRuntime().removeShutdownHook(atExit)) {
                stop();
            }
        } catch (IllegalStateException e) {
            // This JVM is ending already, and what it has to stop it stops there.
        }
    }
}
