package zap.bench.machine;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A diagnostic command to another JVM on this machine, with this JDK's jcmd. */
public final class Jcmd {

    private Jcmd() {}

    /**
     * Runs one command in the JVM of a process of the same user.
     *
     * @return the command's output
     * @throws IOException with that output, when the command failed or the process is no such JVM
     */
    public static String run(long pid, List<String> words) throws IOException, InterruptedException {
        var command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(pid)));
        command.addAll(words);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(said);
        }
        return said;
    }
}
