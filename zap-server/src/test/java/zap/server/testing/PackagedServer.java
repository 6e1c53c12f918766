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
 * The server as the build has packaged it, unpacked, with a recorded start (JEP 514). A start from the jar alone takes some 20
 * CPU seconds, a recorded one 7; all modules of a build share the recording. Without a recording everything works, later.
 */
public final class PackagedServer {

    private static final Duration RECORDED_WITHIN = Duration.ofMinutes(3);

    private static final List<String> OPTIONS = List.of(
            // It lives for seconds: what counts is how soon it is there.
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            // A recording that is of no use is no line in the server's log.
            "-Xlog:aot*=off",
            "-Xlog:cds*=off");

    private PackagedServer() {}

    /** Where it is unpacked, once this JVM has looked. */
    private static @Nullable Path ready;

    /**
     * Returns how to start it; the server's properties follow.
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

    /** One module's tests after the other: what the first has made is there for the next. */
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

    /** What the server said while it was recorded, with or without success. */
    private static Path log(Path folder) {
        return folder.resolve("record.log");
    }

    private static List<String> command(List<String> options, Path folder) throws IOException {
        List<String> command = java(options);
        command.addAll(List.of("-jar", jarIn(folder).toString()));
        return command;
    }

    /** A JVM with the options of a server, before what it is to run. */
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
        sum.update(Files.readAllBytes(jar)); // A build that can be repeated gives all its files the same time.
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

    /** Starts and stops a server; what it learns is written when it ends. */
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
                Thread.sleep(100); // between two looks into its log
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
