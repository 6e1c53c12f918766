package zap.server.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The server as packaged by the build, unpacked, with a recorded start (JEP 514). A start from the jar alone takes some
 * 20 CPU seconds, a recorded one 7. All modules of a build share the recording. Without a recording everything works,
 * but starts later.
 */
public final class PackagedServer {

    private static final Duration RECORDED_WITHIN = Duration.ofMinutes(3);

    private static final List<String> OPTIONS = List.of(
            // It lives for seconds, so a fast start counts most.
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            // An unusable recording must not add a line to the server's log.
            "-Xlog:aot*=off",
            "-Xlog:cds*=off");

    private PackagedServer() {}

    /** The folder of the unpacked server, once this JVM has looked for it. */
    private static @Nullable Path ready;

    /**
     * Returns the command that starts it; the server's properties follow.
     *
     * @param root the folder of the checkout
     * @param jvm more options of its JVM
     */
    public static synchronized List<String> command(Path root, List<String> jvm) {
        try {
            Path folder = ready;
            if (folder == null) {
                folder =
                        ready(root.resolve("zap-server/target").toAbsolutePath().normalize());
                ready = folder;
            }
            var options = new ArrayList<>(jvm);
            if (Files.exists(recording(folder))) {
                options.add("-XX:AOTCache=" + recording(folder));
            }
            return command(options, folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Prepares the server for one module's tests after the other: the next module uses the work of the first. */
    private static Path ready(Path target) throws IOException, InterruptedException {
        try (FileChannel channel = FileChannel.open(
                        target.resolve("packaged.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock _ = channel.lock()) {
            Path folder = unpacked(target);
            if (Files.notExists(log(folder))) {
                record(folder);
            }
            return folder;
        }
    }

    private static Path recording(Path folder) {
        return folder.resolve("start.aot");
    }

    /** Returns the server's log of the recording, whether it succeeded or not. */
    private static Path log(Path folder) {
        return folder.resolve("record.log");
    }

    private static List<String> command(List<String> options, Path folder) throws IOException {
        List<String> command = java(options);
        command.addAll(List.of("-jar", jarIn(folder).toString()));
        return command;
    }

    /** Returns the command of a JVM with a server's options, to be followed by its class or jar. */
    static List<String> java(List<String> more) {
        var command = new ArrayList<String>();
        command.add(java());
        command.addAll(OPTIONS);
        command.addAll(more);
        return command;
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static Path jarIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches("zap-server-[0-9].*-boot\\.jar"))
                    .findFirst()
                    .orElseThrow(
                            () -> new IllegalStateException("No jar of zap-server in " + folder + ": mvn package"));
        }
    }

    private static Path unpacked(Path target) throws IOException, InterruptedException {
        Path jar = jarIn(target);
        var sum = new CRC32C();
        sum.update(Files.readAllBytes(jar)); // A repeatable build gives all its files the same time.
        Path folder = target.resolve("packaged-" + Long.toHexString(sum.getValue()));
        if (Files.notExists(folder)) {
            deleteOthers(target);
            Path making = target.resolve("packaged-making");
            run(List.of(
                    java(), "-Djarmode=tools", "-jar", jar.toString(), "extract", "--destination", making.toString()));
            Files.move(making, folder);
        }
        return folder;
    }

    private static void deleteOthers(Path target) throws IOException {
        try (var old = Files.newDirectoryStream(target, "packaged-*")) {
            for (Path folder : old) {
                delete(folder);
            }
        }
    }

    private static void run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (process.waitFor() != 0) {
            throw new IOException("It ended with " + process.exitValue() + ": " + command);
        }
    }

    /**
     * Starts and stops a server, which writes its recording when it ends. It unpacks PostgreSQL by itself, because not
     * every module that calls this has the server's classes.
     */
    private static void record(Path folder) throws IOException, InterruptedException {
        Path log = log(folder);
        Path data = Files.createTempDirectory("zap-recorded");
        List<String> command = command(List.of("-XX:AOTCacheOutput=" + recording(folder)), folder);
        command.addAll(List.of(
                "--zap.database.directory=" + data,
                "--zap.gateway.address=127.0.0.1",
                "--zap.gateway.port=0",
                "--zap.gateway.recv-port=0",
                "--server.port=0"));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        var atExit = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(atExit);
        try {
            long end = System.nanoTime() + RECORDED_WITHIN.toNanos();
            while (process.isAlive()
                    && System.nanoTime() < end
                    && !Files.readString(log).contains(" is ready")) {
                Thread.sleep(100); // between two reads of its log
            }
            process.destroy();
            process.waitFor(RECORDED_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } finally {
            process.destroyForcibly();
            Runtime.getRuntime().removeShutdownHook(atExit);
            delete(data);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> below = Files.walk(folder)) {
            for (Path path : below.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
