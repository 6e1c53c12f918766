import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Maven: where it is, and runs of it whose output a person can read. */
final class MavenRun {

    private static final int NEEDED_MAJOR = 3;
    private static final int NEEDED_MINOR = 8;

    /** Bytes of Maven's output pass through as they are, whatever their encoding. */
    private static final Charset BYTES = StandardCharsets.ISO_8859_1;

    /** Lines of a test run that say nothing about the tests. */
    private static final Pattern NOISE = Pattern.compile("\\[INFO] ?"
            + "|\\[INFO] (---|Running | T E S T S|Results:|Not using an external toolchain|Toolchain in |Index file |Spotless"
            + "|skip non existing|Copying |No sources to compile|Nothing to compile|Recompiling the module"
            + "|Using auto detected provider|Replacing main artifact|The original artifact|No tests to run|Tests are skipped)"
            + ".*|.*\\[INFO] (Scanning for|Reactor Build Order).*|\\[INFO] zap.*\\[...]|\\[INFO] Building .*jar: .*"
            + "|\\[INFO] Found .* possible jdks.*|\\[ERROR] |\\[ERROR] (-> )?\\[Help.*"
            + "|\\[ERROR] (To see the full stack|Re-run Maven|For more information about|After correcting|  mvn <args>).*"
            // One plugin does not declare that modules may be built side by side. It only looks for a JDK.
            + "|\\[WARNING] (\\*.*)?|\\[WARNING] (The following plugins are not marked|Enable debug to see precisely"
            + "|  org.apache.maven.plugins:maven-toolchains-plugin).*");

    /** Lines of an error that only tell how to call Maven. */
    private static final Pattern ADVICE = Pattern.compile(
            ".*(\\[Help | -e switch| -X switch|For more information|mvn <args>|After correcting).*|\\[ERROR] *");

    private static final Pattern NO_NETWORK =
            Pattern.compile("Could not transfer|Unknown host|Connection refused");

    private final String maven;

    private MavenRun(String maven) {
        this.maven = maven;
    }

    /** Finds Maven on the PATH, and refuses one that is too old. */
    static MavenRun find() throws IOException, InterruptedException {
        String needed = NEEDED_MAJOR + "." + NEEDED_MINOR + " or newer";
        Path found = onThePath();
        if (found == null) {
            throw BuildFailure.unavailable(
                    "zap is built with Maven " + needed + ", and there is no mvn on the PATH.",
                    "",
                    "To install it: " + howToInstall());
        }
        Matcher version = Pattern.compile("Apache Maven ((\\d+)\\.(\\d+))").matcher(output(found.toString(), "-version"));
        boolean isKnown = version.find();
        int major = isKnown ? Integer.parseInt(version.group(2)) : 0;
        if (major < NEEDED_MAJOR || major == NEEDED_MAJOR && Integer.parseInt(version.group(3)) < NEEDED_MINOR) {
            throw BuildFailure.unavailable(
                    "zap is built with Maven " + needed + ", and " + found + " is "
                            + (isKnown ? version.group(1) : "of an unknown version") + ".",
                    "",
                    "To install a newer one: " + howToInstall());
        }
        return new MavenRun(found.toString());
    }

    private static Path onThePath() {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(":")) {
            Path found = Path.of(folder, "mvn");
            if (Files.isRegularFile(found) && Files.isExecutable(found)) {
                return found;
            }
        }
        return null;
    }

    /** Returns the command for this system, out of the same table that the script uses for the JDK. */
    private static String howToInstall() throws IOException {
        String system = System.getProperty("os.name").startsWith("Mac") ? "Darwin" : System.getProperty("os.name");
        Path release = Path.of("/etc/os-release");
        if (Files.isReadable(release)) {
            system = Files.readAllLines(release).stream()
                    .filter(line -> line.startsWith("ID=") || line.startsWith("ID_LIKE="))
                    .map(line -> line.replaceFirst("[^=]*=", "").replace("\"", ""))
                    .reduce("", (one, other) -> one + " " + other);
        }
        for (String line : Files.readAllLines(Build.root().resolve("ops/tools/build/packages.txt"))) {
            String[] row = line.split(":", 3);
            if (row[0].equals("maven") && Pattern.compile(row[1]).matcher(" " + system + " ").find()) {
                return row[2];
            }
        }
        return "https://maven.apache.org";
    }

    /** Runs Maven in the checkout with its own output. */
    void run(List<String> words) throws IOException, InterruptedException {
        try (BuildLock _ = BuildLock.take();
                var running = new RunningProcess(command(words).inheritIO().start())) {
            if (running.waitFor() != 0) {
                throw BuildFailure.failed();
            }
        }
    }

    /** Runs the tests, and prints one line for each class of tests and everything about failures. */
    void test(List<String> words) throws IOException, InterruptedException {
        Path log = Build.workshop().resolve("zap-test.log");
        var out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, BYTES);
        try (BuildLock _ = BuildLock.take()) {
            var wantsFormat = new boolean[1];
            int status = run(command(words), log, line -> {
                wantsFormat[0] |= line.contains("spotless:apply");
                if (!NOISE.matcher(line).matches()) {
                    out.print(line + "\n");
                    out.flush();
                }
            });
            if (status != 0) {
                String more = "All output of Maven: " + log;
                throw wantsFormat[0]
                        ? BuildFailure.failed("Run ./zap format to fix the formatting.", more)
                        : BuildFailure.failed(more);
            }
        }
    }

    /** Packages modules of a checkout without tests, with a short report on standard error. The caller has the lock. */
    void build(Path checkout, List<String> words) throws IOException, InterruptedException {
        Path log = Build.workshop().resolve("zap-build.log");
        boolean isFirst = !Files.isDirectory(Build.workshop().resolve("images"));
        Build.say("Building zap." + (isFirst ? " The first time takes a few minutes, later starts take seconds." : ""));
        var all = new ArrayList<>(List.of("package"));
        all.addAll(words);
        all.addAll(List.of("-am", "-Dmaven.test.skip=true", "-Dspotless.check.skip=true"));
        var progress = new BuildProgress();
        long began = System.nanoTime();
        int status = run(command(all).directory(checkout.toFile()), log, progress::line);
        if (status != 0) {
            progress.failed();
            throw BuildFailure.failed(whyItFailed(log));
        }
        progress.succeeded(Duration.ofNanos(System.nanoTime() - began));
    }

    private static String[] whyItFailed(Path log) throws IOException {
        List<String> lines = Files.readAllLines(log, BYTES);
        var why = new ArrayList<>(lines.stream()
                .filter(line -> line.startsWith("[ERROR]") && !ADVICE.matcher(line).matches())
                .distinct()
                .limit(20)
                .map(line -> new String(line.getBytes(BYTES), StandardCharsets.UTF_8))
                .toList());
        if (lines.stream().anyMatch(line -> NO_NETWORK.matcher(line).find())) {
            why.add("Maven could not download a file: the first build needs the network.");
        }
        why.add("The build failed. All output of Maven: " + log);
        return why.toArray(String[]::new);
    }

    private ProcessBuilder command(List<String> words) {
        var command = new ArrayList<>(List.of(maven, "-B"));
        command.addAll(words);
        return new ProcessBuilder(command).directory(Build.root().toFile());
    }

    private interface Lines {
        void line(String line) throws IOException;
    }

    /** Runs a command, writes its output into a log, and hands on each line of it; returns the exit code. */
    private static int run(ProcessBuilder command, Path log, Lines lines) throws IOException, InterruptedException {
        Files.createDirectories(log.getParent());
        command.redirectErrorStream(true);
        try (OutputStream written = Files.newOutputStream(log);
                var running = new RunningProcess(command.start());
                var reader = new BufferedReader(new InputStreamReader(running.output(), BYTES))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                written.write((line + "\n").getBytes(BYTES));
                lines.line(line);
            }
            return running.waitFor();
        }
    }

    private static String output(String... command) throws IOException, InterruptedException {
        try (var running = new RunningProcess(
                new ProcessBuilder(command).redirectErrorStream(true).start())) {
            return new String(running.output().readAllBytes(), BYTES);
        }
    }

    /** The progress of a build in one line: the modules that are done, and in a terminal the number of downloads. */
    private static final class BuildProgress {

        private static final Pattern MODULE = Pattern.compile(".*Building zap-(\\S+).*");

        private String module = "";
        private int downloads;

        BuildProgress() {
            print("  ");
        }

        void line(String line) {
            Matcher building = MODULE.matcher(line);
            if (line.contains("Downloaded from")) {
                downloads++;
                if (System.getProperty("zap.terminal").equals("yes")) {
                    print("\r  downloaded " + downloads + " files … ");
                }
            } else if (building.matches()) {
                if (!module.isEmpty()) {
                    print(module + " ✓ ");
                }
                module = building.group(1);
            }
        }

        void succeeded(Duration took) {
            print(module + " ✓ (" + took.toSeconds() + " s)\n");
        }

        void failed() {
            print(module + " ✗\n\n");
        }

        private static void print(String text) {
            System.err.print(text);
            System.err.flush();
        }
    }

    /** Returns the jar of a module that contains or accompanies all it needs: the boot jar, or else the plain one. */
    static Path bootJar(Path folder, String name) throws IOException {
        Path target = folder.resolve("target");
        if (!Files.isDirectory(target)) {
            throw BuildFailure.failed("Maven has built nothing in " + target);
        }
        try (Stream<Path> files = Files.list(target)) {
            return files.filter(file -> file.getFileName().toString().matches(Pattern.quote(name) + "-.*\\.jar"))
                    .filter(file -> !file.toString().matches(".*-(sources|javadoc|tests)\\.jar"))
                    .min((one, other) -> {
                        int boot = Boolean.compare(
                                other.toString().endsWith("-boot.jar"), one.toString().endsWith("-boot.jar"));
                        return boot != 0 ? boot : one.compareTo(other);
                    })
                    .orElseThrow(() -> BuildFailure.failed("Maven has built no jar of " + name + " in " + target));
        }
    }
}
