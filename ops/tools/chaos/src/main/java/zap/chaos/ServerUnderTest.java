package zap.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The real server in a process of its own, with its own PostgreSQL: both can be killed. */
final class ServerUnderTest implements Backend {

    private static final String BACKUP_COMMAND = "zap.server.database.BackupCommand";

    private final List<String> command;
    private final Path data;
    private final Path log;
    private final ServerJvm jvm;
    private int copies;

    /**
     * @param java how to start its JVM: the program, its options, {@code -jar} and the jar
     * @param folder for its data and its log
     */
    ServerUnderTest(List<String> java, Path folder) throws IOException {
        this.data = Files.createDirectories(folder.resolve("data"));
        this.log = folder.resolve("server.log");
        this.command = java;
        this.jvm = new ServerJvm(java, List.of(), Map.of("ZAP_DATA", data.toString()), log);
    }

    @Override
    public void begin() throws IOException {
        launch();
    }

    @Override
    public List<Integer> ports() {
        return List.of(jvm.port());
    }

    @Override
    public boolean hasNodes() {
        return false;
    }

    /** Does nothing: whatever was killed has been started again. */
    @Override
    public void heal() {}

    /** Starts it (again), and does not wait for anything. */
    void launch() throws IOException {
        jvm.launch();
    }

    @Override
    public void awaitReady() throws IOException {
        jvm.awaitReady();
    }

    @Override
    public boolean isAlive() {
        return jvm.isAlive();
    }

    /** kill -9. Its PostgreSQL lives on, and belongs to the next one. */
    void kill() throws IOException {
        jvm.kill();
    }

    /** SIGTERM, and waits for its end. */
    void stop() throws IOException {
        jvm.stop();
    }

    /**
     * kill -9 for the server and its PostgreSQL, as when the power fails; none of their processes runs when this
     * returns.
     */
    void killAll() throws IOException {
        kill();
        killDatabase();
        long end = System.nanoTime() + ServerJvm.ENDS_WITHIN_NANOS;
        Path programs = data.resolve("postgresql").toRealPath();
        while (ProcessHandle.allProcesses().anyMatch(one -> isBelow(programs, one))) {
            if (System.nanoTime() > end) {
                throw new IOException("PostgreSQL does not end; see " + log);
            }
            World.pause(25); // between two looks
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
            if (!running.waitFor(ServerJvm.READY_WITHIN_NANOS, TimeUnit.NANOSECONDS)) {
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

    @Override
    public void close() throws IOException {
        // In good order, so that its database ends with it: also one whose server was killed.
        awaitReady();
        stop();
        jvm.close();
    }
}
