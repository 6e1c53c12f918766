import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Builds, tests, records and releases zap: everything that the script {@code zap} does only now and then.
 *
 * <p>The script starts it from its sources ({@code java ops/tools/build/Build.java COMMAND …}), because nothing is
 * built yet. It uses the JDK and nothing else. Exit codes are those of sysexits.h: 69 if something needed is missing,
 * 70 if a build fails. Callers take turns, see {@link BuildLock}.
 */
final class Build {

    private Build() {}

    public static void main(String[] words) throws InterruptedException {
        var err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        System.setErr(err);
        try {
            run(words[0], Arrays.asList(words).subList(1, words.length));
        } catch (BuildFailure e) {
            say(e.lines());
            System.exit(e.status());
        } catch (IOException e) {
            say(List.of("zap " + words[0] + " failed: " + e));
            System.exit(BuildFailure.FAILED);
        }
    }

    private static void run(String command, List<String> words) throws IOException, InterruptedException {
        switch (command) {
            case "image" -> new ImageStore(words.get(0), words.get(1)).build(Path.of(words.get(2)));
            case "test" -> MavenRun.find().test(words);
            case "maven" -> MavenRun.find().run(words);
            case "dist" -> new ReleaseArchive().make();
            case "record-server" -> recorder(words).recordServer();
            case "record-client" -> recorder(words).recordClient();
            default -> throw new IllegalArgumentException("no command " + command);
        }
    }

    private static StartRecorder recorder(List<String> words) {
        return new StartRecorder(
                Path.of(words.get(0)), Path.of(words.get(1)), words.subList(2, words.size()));
    }

    /** Returns the checkout or the release. */
    static Path root() {
        return Path.of(System.getProperty("zap.root"));
    }

    /** Returns the folder of lock and logs: target/ of a checkout, a cache folder for a release. */
    static Path workshop() {
        return Path.of(System.getProperty("zap.workshop"));
    }

    /** Returns the java of the JDK that the script has found, which need not be the one that runs this. */
    static String java() {
        return Path.of(System.getenv("JAVA_HOME"), "bin", "java").toString();
    }

    /** Prints lines on standard error. */
    static void say(List<String> lines) {
        lines.forEach(line -> System.err.print(line + "\n"));
        System.err.flush();
    }

    static void say(String... lines) {
        say(List.of(lines));
    }
}
