package zap.server.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The real server, as a process of its own, which can be killed.
 *
 * <p>Its ports are chosen once, so that it has the same ones when it is started again, as a real server has.
 */
public final class ServerProcess implements AutoCloseable {

    /** Maximum time of a start: far longer than it takes, even on a busy machine. */
    private static final Duration READY_WITHIN = Duration.ofSeconds(90);

    private static final Duration HEALTH_WITHIN = Duration.ofSeconds(15);
    private static final int LAST_LINES = 30;

    private final Path log;
    private final List<String> program;
    private final Map<String, String> environment;
    private final boolean alone;
    private final List<String> properties;
    private final int port = ReservedPort.next();
    private final int recvPort = ReservedPort.next();
    private final int tlsPort = ReservedPort.next();
    private final int httpPort = ReservedPort.next();
    private final HttpClient http = HttpClient.newHttpClient();
    private final Thread atExit = new Thread(this::destroy);
    private volatile Process process;

    /**
     * @param name of its log file, among the others in target
     * @param jvm options of its JVM, in addition to those that make it start quickly
     * @param properties {@code name=value}: at least the address of the database
     */
    public ServerProcess(String name, List<String> jvm, List<String> properties) {
        this(name, server(jvm), Map.of(), properties);
    }

    /**
     * @param name of its log file, among the others in target
     * @param program the command, without its properties; it must be the server itself and not its parent
     *     process
     * @param environment variables added to this process's environment
     * @param properties {@code name=value}
     */
    public ServerProcess(String name, List<String> program, Map<String, String> environment, List<String> properties) {
        this(name, program, environment, properties, false);
    }

    /**
     * Returns a server on a host of its own, where it listens on all addresses. Only its log can be read from here, not
     * its health.
     */
    public static ServerProcess on(PrivateNetwork.Host host, String name, List<String> properties) {
        var program = new ArrayList<>(host.command());
        program.addAll(server(List.of()));
        return new ServerProcess(name, program, Map.of(), properties, true);
    }

    /**
     * Returns a server that sees other surroundings than this process: its command follows another command, which
     * replaces itself by the server.
     */
    public static ServerProcess in(List<String> surroundings, String name, List<String> properties) {
        var program = new ArrayList<>(surroundings);
        program.addAll(server(List.of()));
        return new ServerProcess(name, program, Map.of(), properties, false);
    }

    private ServerProcess(
            String name,
            List<String> program,
            Map<String, String> environment,
            List<String> properties,
            boolean alone) {
        this.alone = alone;
        this.program = program;
        this.environment = environment;
        this.log = Path.of("target", "server-" + name + ".log").toAbsolutePath();
        this.properties = properties;
        try {
            Files.createDirectories(log.getParent());
            Files.deleteIfExists(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /** Starts it, or starts it again, and waits for nothing. */
    public void launch() {
        if (isAlive()) {
            throw new IllegalStateException("The server is running");
        }
        var command = new ArrayList<>(program);
        if (!alone) {
            command.add("--zap.gateway.address=127.0.0.1");
        }
        command.addAll(List.of(
                "--zap.gateway.port=" + port,
                "--zap.gateway.recv-port=" + recvPort,
                "--zap.gateway.tls-port=" + tlsPort,
                "--server.port=" + httpPort));
        properties.forEach(property -> command.add("--" + property));
        var builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        try {
            process = builder.start();
            process.getOutputStream().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the command: of the packaged server in a build, of the compiled classes elsewhere. */
    private static List<String> server(List<String> jvm) {
        String root = System.getProperty("zap.root");
        return root == null ? onTheClassPath(jvm) : PackagedServer.command(Path.of(root), jvm);
    }

    private static List<String> onTheClassPath(List<String> jvm) {
        List<String> command = PackagedServer.java(jvm);
        command.addAll(List.of("-cp", classPath(), "zap.server.ZapServer"));
        return command;
    }

    /** Starts it, or starts it again, and waits until it reports that it is ready. */
    public ServerProcess start() {
        launch();
        awaitReady();
        return this;
    }

    public void awaitReady() {
        long until = System.nanoTime() + READY_WITHIN.toNanos();
        while (!isReady()) {
            if (!isAlive()) {
                throw new AssertionError("The server ended while it was starting:\n" + lastLines());
            }
            if (System.nanoTime() > until) {
                throw new AssertionError("The server is not ready after " + READY_WITHIN + ":\n" + lastLines());
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(20); // between two polls
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public boolean isReady() {
        if (alone) {
            return log().stream().anyMatch(line -> line.contains(" is ready"));
        }
        try {
            return health("/readiness").statusCode() == 200;
        } catch (IOException e) {
            return false; // it does not listen yet
        }
    }

    /** Returns the port of its actuator. */
    public int httpPort() {
        return httpPort;
    }

    /** Returns the actuator's answer about its health. */
    public HttpResponse<String> health(String group) throws IOException {
        return get("/actuator/health" + group);
    }

    /** Returns the value of one of its metrics, the sum over all tags. */
    public double metric(String name) throws IOException {
        return get("/actuator/prometheus")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private HttpResponse<String> get(String path) throws IOException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + path))
                .timeout(HEALTH_WITHIN)
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Kills it with kill -9. */
    public void kill() {
        process.destroyForcibly();
        awaitEnd(Duration.ofSeconds(20));
    }

    /** Sends SIGTERM, and waits for its end. */
    public void stop() {
        process.destroy();
        awaitEnd(Duration.ofSeconds(40));
    }

    private void awaitEnd(Duration most) {
        try {
            if (!process.waitFor(most.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("The server did not end within " + most + ":\n" + lastLines());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public boolean isAlive() {
        return process != null && process.isAlive();
    }

    public long pid() {
        return process.pid();
    }

    public int port() {
        return port;
    }

    public int recvPort() {
        return recvPort;
    }

    /** Returns the port for TLS, for a server whose properties name a certificate. */
    public int tlsPort() {
        return tlsPort;
    }

    /** Returns everything that it has printed since the first start. */
    public List<String> log() {
        try {
            return Files.readAllLines(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String lastLines() {
        List<String> lines = log();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
    }

    /** Returns the class path without the tests' own classes. */
    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !Path.of(entry).endsWith("test-classes") && !entry.endsWith("-tests.jar"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private void destroy() {
        if (isAlive()) {
            process.destroyForcibly();
        }
    }

    /** Ends it in any state. */
    @Override
    public void close() {
        destroy();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }
}
