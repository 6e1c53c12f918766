package zap.server.trial;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A server in a process of its own, with its own folder and ports.
 *
 * <p>Its folder keeps which process it is. So a node whose cluster was killed is found by the next one.
 */
final class TrialNode {

    /** Ports of a node: main, recv, TLS, operators. */
    static final int PORTS = 4;

    /** Maximum time of a stop: longer than a server takes to give out its mail. */
    static final Duration STOP_WITHIN = Duration.ofSeconds(30);

    private static final Duration KILLED_WITHIN = Duration.ofSeconds(10);

    private static final Pattern KEPT_PROCESS = Pattern.compile("(\\d{1,18}) (\\d{1,18})");

    /** Milliseconds by which the start of one process may seem to differ: the system computes it from its clock. */
    private static final long SAME_START = 5_000;

    private static final int LAST_LINES = 20;
    private static final int MOST_BYTES = 1 << 20;

    private final String name;
    private final Path folder;
    private final String address;
    private final int firstPort;
    private @Nullable Process process;
    private long logged;

    /**
     * @param root the folder of the cluster
     * @param address the address that it listens at
     * @param firstPort the first of its {@link #PORTS} ports
     */
    TrialNode(String name, Path root, String address, int firstPort) {
        this.name = name;
        this.folder = folderOf(root, name);
        this.address = address;
        this.firstPort = firstPort;
    }

    private static Path folderOf(Path root, String name) {
        return root.resolve("node-" + name);
    }

    String name() {
        return name;
    }

    int port() {
        return firstPort;
    }

    int recvPort() {
        return firstPort + 1;
    }

    int operatorsPort() {
        return firstPort + 3;
    }

    Path log() {
        return folder.resolve("server.log");
    }

    /** Returns the process, also one that has ended; empty if it was never started. */
    Optional<Process> process() {
        return Optional.ofNullable(process);
    }

    boolean isRunning() {
        return process().filter(Process::isAlive).isPresent();
    }

    /**
     * Starts the process, and waits for nothing.
     *
     * @param command the server's, without its properties
     * @param properties {@code --name=value}; those that name an address replace this node's
     */
    void launch(List<String> command, List<String> properties, Map<String, String> environment) throws IOException {
        Files.createDirectories(folder);
        logged = Files.exists(log()) ? Files.size(log()) : 0;
        var words = new ArrayList<>(command);
        if (properties.stream().noneMatch(property -> property.startsWith("--zap.gateway.address="))) {
            words.add("--zap.gateway.address=" + address);
        }
        words.addAll(List.of(
                "--zap.gateway.port=" + firstPort,
                "--zap.gateway.recv-port=" + recvPort(),
                "--zap.gateway.tls-port=" + (firstPort + 2),
                "--server.port=" + operatorsPort()));
        words.addAll(properties);
        var builder = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
        builder.environment().putAll(environment);
        builder.environment().put("ZAP_DATA", folder.toString());
        Process started = builder.start();
        process = started;
        started.getOutputStream().close();
        Files.writeString(processFile(folder), started.pid() + " " + startOf(started.toHandle()) + "\n");
    }

    /** Returns whether it has said that it is ready, since it was started last. */
    boolean isReady() throws IOException {
        return saidSinceStart().contains(" is ready");
    }

    /** Returns the last lines that it has printed since it was started. */
    String lastLines() throws IOException {
        List<String> lines =
                saidSinceStart().lines().filter(line -> !line.isBlank()).toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
    }

    private String saidSinceStart() throws IOException {
        try (var file = new RandomAccessFile(log().toFile(), "r")) {
            byte[] bytes = new byte[(int) Math.min(file.length() - logged, MOST_BYTES)];
            file.seek(logged);
            file.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /** Kills it with kill -9, and waits until it has ended. */
    void kill() throws InterruptedException {
        Process running = process;
        if (running != null) {
            running.destroyForcibly().waitFor(KILLED_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** Stops all these nodes at the same time, and kills those that take too long. */
    static void stop(List<TrialNode> nodes) {
        end(nodes.stream()
                .flatMap(node -> node.process().stream())
                .map(Process::toHandle)
                .toList());
    }

    /** Returns the nodes of a cluster that was killed and that run still, and what they are called. */
    static Map<String, ProcessHandle> leftIn(Path root) throws IOException {
        var left = new TreeMap<String, ProcessHandle>();
        for (int index = 0; index < ClusterRequest.MOST_NODES; index++) {
            String name = ClusterRequest.nameOf(index);
            Path file = processFile(folderOf(root, name));
            if (Files.exists(file)) {
                Matcher kept = KEPT_PROCESS.matcher(Files.readString(file).strip());
                if (kept.matches()) {
                    long start = Long.parseLong(kept.group(2));
                    Optional<ProcessHandle> process = ProcessHandle.of(Long.parseLong(kept.group(1)))
                            .filter(ProcessHandle::isAlive)
                            .filter(one -> Math.abs(startOf(one) - start) < SAME_START);
                    if (process.isPresent()) {
                        left.put("node " + name, process.get());
                    }
                }
            }
        }
        return left;
    }

    /** Ends processes: with SIGTERM, and with kill -9 those that take too long. */
    static void end(List<ProcessHandle> processes) {
        processes.forEach(ProcessHandle::destroy);
        long limit = System.nanoTime() + STOP_WITHIN.toNanos();
        for (ProcessHandle one : processes) {
            one.onExit()
                    .completeOnTimeout(one, Math.max(0, limit - System.nanoTime()), TimeUnit.NANOSECONDS)
                    .join();
        }
        List<ProcessHandle> late =
                processes.stream().filter(ProcessHandle::isAlive).toList();
        late.forEach(ProcessHandle::destroyForcibly);
        late.forEach(one -> one.onExit()
                .completeOnTimeout(one, KILLED_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
                .join());
    }

    private static Path processFile(Path folder) {
        return folder.resolve("process");
    }

    /** Returns the time at which a process was started, in milliseconds. */
    private static long startOf(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }
}
