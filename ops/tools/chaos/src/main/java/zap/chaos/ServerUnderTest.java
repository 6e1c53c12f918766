package zap.chaos;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The real server in a process of its own, with its own PostgreSQL: both can be killed. */
final class ServerUnderTest implements AutoCloseable {

    private static final String BACKUP_COMMAND = "zap.server.database.BackupCommand";
    private static final long READY_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(300);
    private static final long ENDS_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(60);

    /** Lower bound of the ports: below those that systems lend to outgoing connections (32768 and above). */
    private static final int FIRST_PORT = 18_000;

    /** Number of ports of a server. */
    private static final int PORTS = 3;

    /** Number of blocks of ports to choose from. */
    private static final int BLOCKS = 300;

    private final List<String> command;
    private final Path data;
    private final Path log;
    private final int port;

    /** Ends the server when Ctrl-C ends the simulator. */
    private final Thread atExit = new Thread(this::endAtExit);

    private volatile @Nullable Process process;
    private int copies;

    private void endAtExit() {
        Process running = process;
        if (running != null) {
            running.destroy(); // in good order: its database ends with it
        }
    }

    /**
     * @param java how to start its JVM: the program, its options, {@code -jar} and the jar
     * @param folder for its data and its log
     */
    ServerUnderTest(List<String> java, Path folder) throws IOException {
        this.data = Files.createDirectories(folder.resolve("data"));
        this.log = folder.resolve("server.log");
        this.port = freePorts();
        Runtime.getRuntime().addShutdownHook(atExit);
        command = new ArrayList<>(java);
        command.addAll(List.of(
                "--zap.gateway.address=127.0.0.1",
                "--zap.gateway.port=" + port,
                "--zap.gateway.recv-port=" + (port + 1),
                "--server.port=" + (port + 2),
                // What was delivered is deleted all the time, so that faults meet with that, too.
                "--zap.mailbox.forget-every=1s"));
    }

    int port() {
        return port;
    }

    Path log() {
        return log;
    }

    /** Starts it (again), and does not wait for anything. */
    void launch() throws IOException {
        var builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("ZAP_DATA", data.toString());
        builder.environment().remove("ZAP_DATABASE_URL");
        process = builder.start();
    }

    /**
     * Waits until it takes connections; starts it again if it has ended, which it may, when its database was killed
     * while it started.
     */
    void awaitReady() throws IOException {
        long end = System.nanoTime() + READY_WITHIN_NANOS;
        while (!accepts()) {
            if (System.nanoTime() > end) {
                throw new IOException("The server is not ready; see " + log);
            }
            if (!isAlive()) {
                launch();
            }
            pause();
        }
    }

    private boolean accepts() {
        if (!isAlive()) {
            return false;
        }
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    boolean isAlive() {
        Process running = process;
        return running != null && running.isAlive();
    }

    /** kill -9. Its PostgreSQL lives on, and belongs to the next one. */
    void kill() throws IOException {
        end(true);
    }

    /** SIGTERM, and waits for its end. */
    void stop() throws IOException {
        end(false);
    }

    private void end(boolean forcibly) throws IOException {
        Process running = process;
        if (running == null) {
            return;
        }
        if (forcibly) {
            running.destroyForcibly();
        } else {
            running.destroy();
        }
        try {
            if (!running.waitFor(ENDS_WITHIN_NANOS, TimeUnit.NANOSECONDS)) {
                throw new IOException("The server does not end; see " + log);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /**
     * kill -9 for the server and its PostgreSQL, as when the power fails; none of their processes runs when this
     * returns.
     */
    void killAll() throws IOException {
        kill();
        killDatabase();
        long end = System.nanoTime() + ENDS_WITHIN_NANOS;
        Path programs = data.resolve("postgresql").toRealPath();
        while (ProcessHandle.allProcesses().anyMatch(one -> isBelow(programs, one))) {
            if (System.nanoTime() > end) {
                throw new IOException("PostgreSQL does not end; see " + log);
            }
            pause();
        }
    }

    private static boolean isBelow(Path programs, ProcessHandle one) {
        return one.info()
                .command()
                .filter(path -> Path.of(path).startsWith(programs))
                .isPresent();
    }

    /** Copies the files of the data. Nothing may run. */
    ServerCopy copy() throws IOException {
        var copy = new ServerCopy(nextCopy(), false);
        Folders.copy(cluster(), copy.folder());
        return copy;
    }

    /** Makes a base backup with its WAL, as {@code ./zap backup} does, while the server runs. */
    ServerCopy backUp() throws IOException {
        var copy = new ServerCopy(nextCopy(), true);
        program("backup", copy.folder());
        return copy;
    }

    /** Puts a copy in the place of the data. Nothing may run. */
    void putBack(ServerCopy copy) throws IOException {
        if (copy.base()) {
            Set<Path> before = content();
            program("restore", copy.folder());
            // What was replaced is kept by the program, and needed by nobody here.
            for (Path folder : content()) {
                if (!before.contains(folder)) {
                    Folders.delete(folder);
                }
            }
        } else {
            Folders.delete(cluster());
            Folders.copy(copy.folder(), cluster());
        }
    }

    private Path nextCopy() throws IOException {
        copies++;
        return Files.createDirectories(data.resolveSibling("copies")).resolve(Integer.toString(copies));
    }

    private Set<Path> content() throws IOException {
        try (Stream<Path> content = Files.list(data)) {
            return content.collect(Collectors.toSet());
        }
    }

    /** Runs a command of the server's jar on its data. */
    private void program(String name, Path folder) throws IOException {
        String jar = command.get(command.indexOf("-jar") + 1);
        var words =
                new ArrayList<>(List.of(command.getFirst(), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", jar));
        try (var zip = new JarFile(jar)) {
            if (zip.getEntry("BOOT-INF/") == null) {
                words.add(BACKUP_COMMAND);
            } else {
                // Its classes are jars in the jar.
                words.add("-Dloader.main=" + BACKUP_COMMAND);
                words.add("org.springframework.boot.loader.launch.PropertiesLauncher");
            }
        }
        words.addAll(List.of(name, folder.toString()));
        var builder = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("ZAP_DATA", data.toString());
        builder.environment().remove("ZAP_DATABASE_URL");
        Process running = builder.start();
        try {
            if (!running.waitFor(READY_WITHIN_NANOS, TimeUnit.NANOSECONDS)) {
                running.destroyForcibly();
                throw new IOException("zap " + name + " does not end; see " + log);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        if (running.exitValue() != 0) {
            throw new IOException("zap " + name + " ended with " + running.exitValue() + "; see " + log);
        }
    }

    private Path cluster() {
        return data.resolve("postgresql").resolve("data");
    }

    /** kill -9 for the postmaster: the server has to start it again. */
    void killDatabase() throws IOException {
        Path pidFile = cluster().resolve("postmaster.pid");
        if (Files.exists(pidFile)) {
            List<String> lines = Files.readAllLines(pidFile);
            if (!lines.isEmpty()) {
                ProcessHandle.of(Long.parseLong(lines.getFirst().strip())).ifPresent(ProcessHandle::destroyForcibly);
            }
        }
    }

    /**
     * Returns the first of {@link #PORTS} consecutive ports of 127.0.0.1 on which no program listens.
     *
     * <p>The system could lend a port of its own choice to an outgoing connection before the server listens on it.
     */
    private static int freePorts() {
        while (true) {
            int first = FIRST_PORT + PORTS * ThreadLocalRandom.current().nextInt(BLOCKS);
            if (IntStream.range(first, first + PORTS).allMatch(ServerUnderTest::isFree)) {
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

    private static void pause() throws IOException {
        try {
            Thread.sleep(25); // between two looks
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        // In good order, so that its database ends with it: also one whose server was killed.
        awaitReady();
        stop();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }
}
