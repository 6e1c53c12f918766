import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Records a start: the classes that it loads and links, for later starts of the same jar on the same JDK, which then
 * take half the time.
 *
 * <p>Everything works without a recording, so a recording that fails is reported, and is no error.
 */
final class StartRecorder {

    private static final Duration START_WITHIN = Duration.ofMinutes(5);
    private static final Duration POLL = Duration.ofMillis(200);

    private final Path cache;
    private final Path making;
    private final Path jar;
    private final List<String> options;

    /**
     * @param cache the file to make, in a folder that exists
     * @param jar the program
     * @param options of its JVM: a recording is valid for the same options only
     */
    StartRecorder(Path cache, Path jar, List<String> options) {
        this.cache = cache;
        this.making = cache.resolveSibling("making.aot");
        this.jar = jar;
        this.options = options;
    }

    /**
     * Starts a server on free ports with data of its own, and stops it: a JVM that is told to writes the cache as it
     * ends.
     */
    void recordServer() throws IOException, InterruptedException {
        try (BuildLock _ = BuildLock.take();
                var data = new TemporaryFolder()) {
            Files.deleteIfExists(cache);
            System.err.print("  recording a start, so that later ones take half the time … ");
            System.err.flush();
            long began = System.nanoTime();
            Path log = Build.workshop().resolve("zap-start-cache.log");
            var server = command(
                    log.toFile(),
                    "-XX:AOTCacheOutput=" + making,
                    "-jar",
                    jar.toString(),
                    "--server.port=0",
                    "--zap.gateway.port=0",
                    "--zap.gateway.recv-port=0");
            server.environment().put("ZAP_DATA", data.path().toString());
            server.environment().put("ZAP_DATABASE_URL", "");
            try (var running = new RunningProcess(server.start())) {
                while (running.isAlive()
                        && System.nanoTime() - began < START_WITHIN.toNanos()
                        && !contains(log, "is ready")) {
                    // The server tells of its readiness in its log only.
                    Thread.sleep(POLL);
                }
            }
            if (Files.isRegularFile(making)) {
                keep();
                Build.say("✓ (" + Duration.ofNanos(System.nanoTime() - began).toSeconds() + " s)");
            } else {
                Build.say("✗", "  It could not be recorded, and everything works as well without (" + log + ").");
            }
        }
    }

    /** Runs the client's rehearsal of its commands. Does nothing if there is a recording, or one has failed before. */
    void recordClient() throws IOException, InterruptedException {
        Path failed = cache.resolveSibling(cache.getFileName() + ".failed");
        try (BuildLock _ = BuildLock.take();
                var home = new TemporaryFolder()) {
            if (Files.exists(cache) || Files.exists(failed)) {
                return; // another process has been here while this one waited
            }
            Build.say("Making the client quick to start; this is done once.");
            Path log = cache.resolveSibling("making.aot.log");
            // The first call makes the tables, which other calls hardly ever do: that part is not recorded.
            if (runs(home, command(log.toFile(), "-jar", jar.toString(), "status"))
                    && runs(
                            home,
                            command(log.toFile(), "-XX:AOTCacheOutput=" + making, "-jar", jar.toString(), "rehearse"))
                    && Files.isRegularFile(making)) {
                keep();
            } else {
                Files.move(log, failed, StandardCopyOption.REPLACE_EXISTING);
                Build.say(
                        "That failed. The client works as well without, and starts slower; ./zap record tries it again.",
                        "All output of Java: " + failed);
            }
            try (Stream<Path> left = Files.list(cache.getParent())) {
                for (Path path : left.filter(
                                file -> file.getFileName().toString().startsWith("making.aot"))
                        .toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private static boolean runs(TemporaryFolder home, ProcessBuilder command) throws IOException, InterruptedException {
        command.environment().put("ZAP_HOME", home.path().toString());
        try (var running = new RunningProcess(command.start())) {
            return running.waitFor() == 0;
        }
    }

    private ProcessBuilder command(File log, String... words) {
        var command = new ArrayList<String>();
        command.add(Build.java());
        command.addAll(options);
        command.addAll(List.of(words));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(log);
    }

    private void keep() throws IOException {
        Files.move(making, cache, StandardCopyOption.ATOMIC_MOVE);
        Files.deleteIfExists(making.resolveSibling(making.getFileName() + ".config"));
        Files.deleteIfExists(cache.resolveSibling(cache.getFileName() + ".tried"));
    }

    private static boolean contains(Path log, String text) throws IOException {
        return Files.exists(log) && Files.readString(log, StandardCharsets.ISO_8859_1).contains(text);
    }
}
