package zap.bench.explain;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import zap.bench.load.CannotMeasureException;
import zap.bench.machine.Jcmd;

/** A recording of JDK Flight Recorder in the server's JVM, begun at its start or by attaching to it. */
public final class ServerFlightRecorder implements AutoCloseable {

    private static final String NAME = "zap-bench";
    private static final String LARGEST = "2g";
    private static final String SETTINGS = "explain.jfc";

    private final long pid;
    private final boolean stopAtEnd;
    private final Path folder;

    private ServerFlightRecorder(long pid, boolean stopAtEnd, Path folder) {
        this.pid = pid;
        this.stopAtEnd = stopAtEnd;
        this.folder = folder;
    }

    /** Returns the option with which a JVM records from its start on. The file of the settings must stay. */
    public static String option(Path settings) {
        return "-XX:StartFlightRecording:name=%s,settings=%s,maxsize=%s,dumponexit=false"
                .formatted(NAME, settings, LARGEST);
    }

    /** Writes the settings of the recording into a folder. */
    public static Path settings(Path folder) throws IOException {
        Path file = folder.resolve(SETTINGS);
        try (InputStream in = ServerFlightRecorder.class.getResourceAsStream(SETTINGS)) {
            if (in == null) {
                throw new IllegalStateException(SETTINGS + " is missing in this build");
            }
            Files.write(file, in.readAllBytes());
        }
        return file;
    }

    /** Uses the recording of a JVM that was started with {@link #option}. */
    static ServerFlightRecorder startedWith(long pid, Path folder) {
        return new ServerFlightRecorder(pid, false, folder);
    }

    /**
     * Attaches to a JVM of the same user on this machine, and begins a recording.
     *
     * @throws CannotMeasureException when it cannot
     */
    static ServerFlightRecorder attach(long pid, Path folder) throws IOException {
        String said = jcmd(
                pid,
                "begin a recording in",
                List.of("JFR.start", "name=" + NAME, "settings=" + settings(folder), "maxsize=" + LARGEST));
        if (!said.contains("Started recording")) {
            throw new CannotMeasureException("The server's JVM (pid " + pid + ") begins no recording: " + said);
        }
        return new ServerFlightRecorder(pid, true, folder);
    }

    /** Writes everything that is recorded so far into a new file. */
    Path dump(String name) {
        Path file = folder.resolve(name + ".jfr");
        String said = jcmd(pid, "get the recording of", List.of("JFR.dump", "name=" + NAME, "filename=" + file));
        if (!Files.isReadable(file)) {
            throw new CannotMeasureException("The server's JVM (pid " + pid + ") gives no recording: " + said);
        }
        return file;
    }

    private static String jcmd(long pid, String purpose, List<String> words) {
        try {
            return Jcmd.run(pid, words);
        } catch (IOException e) {
            throw new CannotMeasureException(
                    "Cannot %s the JVM of the server (pid %s): it must run on this machine, as the same user, and on a JDK. %s"
                            .formatted(purpose, pid, e.getMessage()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CannotMeasureException("interrupted", e);
        }
    }

    @Override
    public void close() {
        if (stopAtEnd && ProcessHandle.of(pid).isPresent()) {
            jcmd(pid, "end the recording in", List.of("JFR.stop", "name=" + NAME));
        }
    }
}
