import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Fuzzes the targets of some modules, one after the other, each with Jazzer in a JVM of its own, and prints a table:
 * what was tried how often, what part of the code it reached, and what was found.
 *
 * <p>{@code java ops/tools/Fuzz.java [--runs N | --minutes M] [--seed S] [--only NAME] [--folder FOLDER] MODULE…},
 * where each module has been compiled with its tests and has the class path of these, itself left out, in
 * {@code target/fuzz/classpath}. {@code ./zap fuzz} does all of that.
 *
 * <p>A target is a class {@code *Fuzz} among a module's tests, with {@code static void fuzzerTestOneInput(byte[])}: it
 * may do with the bytes what it likes, and throws when something is wrong. It begins with the seeds in
 * {@code src/test/resources/fuzz/NAME} and with what an earlier run has found worth keeping. A finding is written to
 * the folder; it becomes a seed when it has been mended, and the module's {@code FuzzTest} tries it in every build from
 * then on.
 *
 * <p>Ends with 1 when there was a finding, and with 2 when a target could not be fuzzed.
 */
public final class Fuzz {

    /** Many times what an input takes: one that takes longer is a finding. */
    private static final int SECONDS_FOR_AN_INPUT = 20;

    /** Room for several frames, and not so much that an input is slow. */
    private static final int LONGEST_INPUT = 1500;

    /** A target that keeps what it is given runs into this. */
    private static final String MOST_HEAP = "-Xmx512m";

    private static final long FEW_RUNS = 100_000;

    private static final Pattern PROGRESS =
            Pattern.compile("^#(\\d+)\\s+\\S+\\s+(?:cov: (\\d+) )?.*", Pattern.MULTILINE);
    private static final Pattern EXECUTED = Pattern.compile("number_of_executed_units: +(\\d+)");
    private static final Pattern WHAT_WENT_WRONG =
            Pattern.compile("^== Java Exception: (.*)|^==\\d+== ERROR: (.*)", Pattern.MULTILINE);

    private record Limits(long runs, long seconds, String seed) {}

    /**
     * The result of fuzzing one target.
     *
     * @param edges how many ways through the code were taken; 0 when nothing was looked at
     * @param found what went wrong, or empty
     */
    private record Result(
            String target, long inputs, double seconds, long edges, int corpus, String found) {}

    private Fuzz() {}

    public static void main(String[] words) throws Exception {
        var limits = new Limits(0, 60, "");
        Path folder = Path.of("target", "fuzz");
        String only = "";
        var modules = new ArrayList<Path>();
        for (int i = 0; i < words.length; i++) {
            switch (words[i]) {
                case "--runs" -> limits = new Limits(Long.parseLong(words[++i]), 0, limits.seed);
                case "--minutes" -> limits = new Limits(0, Math.round(60 * Double.parseDouble(words[++i])), limits.seed);
                case "--seed" -> limits = new Limits(limits.runs, limits.seconds, words[++i]);
                case "--only" -> only = words[++i];
                case "--folder" -> folder = Path.of(words[++i]);
                default -> {
                    if (words[i].startsWith("-")) {
                        System.err.println("There is no option " + words[i] + ".");
                        System.exit(64);
                    }
                    modules.add(Path.of(words[i]).toAbsolutePath().normalize());
                }
            }
        }
        var results = new ArrayList<Result>();
        for (Path module : modules) {
            for (String target : targets(module, only)) {
                System.err.printf(Locale.ROOT, "%s, until %s …%n", simpleName(target), shown(limits));
                results.add(fuzz(module, target, limits, folder.toAbsolutePath()));
            }
        }
        if (results.isEmpty()) {
            System.err.println("There is no target" + (only.isEmpty() ? "" : " of the name " + only) + ".");
            System.exit(2);
        }
        print(results);
        if (results.stream().anyMatch(result -> !result.found.isEmpty())) {
            System.exit(1);
        }
        // A fuzzer that looks at nothing finds nothing: that is no good news.
        long least = Math.max(1, limits.runs);
        if (results.stream().anyMatch(result -> result.edges == 0 || result.inputs < least)) {
            System.err.println("Not every target was fuzzed as it should have been: see the logs in " + folder);
            System.exit(2);
        }
    }

    private static String shown(Limits limits) {
        return limits.runs > 0 ? String.format(Locale.ROOT, "%,d inputs", limits.runs) : String.format(Locale.ROOT, "%,d seconds", limits.seconds) + " are over";
    }

    /** @param only the name of the only one, with or without the {@code Fuzz} at its end; empty for all of them */
    private static List<String> targets(Path module, String only) throws IOException {
        Path classes = module.resolve("target/test-classes");
        try (Stream<Path> files = Files.walk(classes)) {
            return files.map(file -> classes.relativize(file).toString())
                    .filter(file -> file.endsWith(".class"))
                    .map(file -> file.replaceFirst("\\.class$", "").replace(File.separatorChar, '.'))
                    .filter(name -> only.isEmpty()
                            ? name.endsWith("Fuzz")
                            : simpleName(name).equals(only) || simpleName(name).equals(only + "Fuzz"))
                    .sorted()
                    .toList();
        }
    }

    private static Result fuzz(Path module, String target, Limits limits, Path all) throws Exception {
        String name = simpleName(target);
        Path folder = Files.createDirectories(all.resolve(name));
        Path corpus = Files.createDirectories(folder.resolve("corpus"));
        Path log = folder.resolve("log.txt");
        String classPath = String.join(
                File.pathSeparator,
                module.resolve("target/test-classes").toString(),
                module.resolve("target/classes").toString(),
                Files.readString(module.resolve("target/fuzz/classpath")).strip());

        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                MOST_HEAP,
                "-XX:+UseSerialGC",
                // Whoever lives for seconds has no time to make code that is quick for hours.
                limits.runs > 0 && limits.runs <= FEW_RUNS ? "-XX:TieredStopAtLevel=1" : "-XX:+TieredCompilation",
                "-XX:+EnableDynamicAgentLoading",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                classPath,
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target,
                "--instrumentation_includes=zap.**",
                "--custom_hook_includes=zap.**",
                // What is compared with what is not looked at: the seeds know the codes, and it is ten times as quick.
                "--trace=cov",
                "--disabled_hooks=" + String.join(":", sanitizers(classPath)),
                "--reproducer_path=" + folder,
                "-artifact_prefix=" + folder + "/",
                "-timeout=" + SECONDS_FOR_AN_INPUT,
                "-max_len=" + LONGEST_INPUT,
                "-print_final_stats=1"));
        if (limits.runs > 0) {
            command.add("-runs=" + limits.runs);
        } else {
            command.add("-max_total_time=" + limits.seconds);
        }
        if (!limits.seed.isEmpty()) {
            command.add("-seed=" + limits.seed);
        }
        command.add(corpus.toString());
        Path seeds = module.resolve("src/test/resources/fuzz").resolve(name);
        if (Files.isDirectory(seeds)) {
            command.add(seeds.toString());
        }

        long started = System.nanoTime();
        int status = new ProcessBuilder(command)
                .directory(module.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start()
                .waitFor();
        double seconds = (System.nanoTime() - started) / 1e9;

        String said = Files.readString(log, UTF_8);
        long inputs = 0;
        long edges = 0;
        Matcher progress = PROGRESS.matcher(said);
        while (progress.find()) {
            inputs = Long.parseLong(progress.group(1));
            edges = progress.group(2) == null ? edges : Long.parseLong(progress.group(2));
        }
        Matcher last = EXECUTED.matcher(said);
        inputs = last.find() ? Long.parseLong(last.group(1)) : inputs;
        return new Result(
                name,
                inputs,
                seconds,
                edges,
                numberOfFiles(corpus),
                status == 0 ? "" : whatWentWrong(said, status, log));
    }

    /** They look for injections into SQL, LDAP and the like: here they would only cost time. */
    private static List<String> sanitizers(String classPath) throws Exception {
        var jars = new ArrayList<URL>();
        for (String entry : classPath.split(File.pathSeparator)) {
            jars.add(Path.of(entry).toUri().toURL());
        }
        try (var loader = new URLClassLoader(jars.toArray(URL[]::new))) {
            var names = new ArrayList<String>();
            Class<?> constants = loader.loadClass("com.code_intelligence.jazzer.sanitizers.Constants");
            for (Object name : (Iterable<?>) constants.getField("SANITIZER_HOOK_NAMES").get(null)) {
                names.add(name.toString());
            }
            return names;
        }
    }

    private static String whatWentWrong(String said, int status, Path log) {
        Matcher wrong = WHAT_WENT_WRONG.matcher(said);
        String what = wrong.find() ? (wrong.group(1) == null ? wrong.group(2) : wrong.group(1)) : "it ended with " + status;
        return what.lines().findFirst().orElse("") + " (" + log + ")";
    }

    private static int numberOfFiles(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return Math.toIntExact(files.count());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void print(List<Result> results) {
        System.out.println("| target | inputs | inputs a second | edges | kept | findings |");
        System.out.println("|---|---|---|---|---|---|");
        for (Result result : results) {
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %,d | %,d | %,d | %,d | %s |%n",
                    result.target,
                    result.inputs,
                    Math.round(result.inputs / result.seconds),
                    result.edges,
                    result.corpus,
                    result.found.isEmpty() ? "none" : result.found);
        }
        System.out.printf(
                Locale.ROOT,
                "| all | %,d | | | | %d |%n",
                results.stream().mapToLong(Result::inputs).sum(),
                results.stream().filter(result -> !result.found.isEmpty()).count());
    }

    private static String simpleName(String target) {
        return target.substring(target.lastIndexOf('.') + 1);
    }
}
