package zap.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The exit code and the output of a command.
 *
 * @param out the answer
 * @param err the trouble
 */
record Outcome(int status, String out, String err) {

    /** Runs a command to its end, with nothing around it but this environment. */
    static Outcome of(List<String> command, Map<String, String> environment, byte[] input) {
        return of(command, environment, input, Await.PATIENCE);
    }

    /** Runs a command that may take longer than the usual limit. */
    static Outcome of(List<String> command, Map<String, String> environment, byte[] input, Duration most) {
        try {
            Path in = Files.createTempFile("zap", ".in");
            Path out = Files.createTempFile("zap", ".out");
            Path err = Files.createTempFile("zap", ".err");
            try {
                Files.write(in, input);
                var builder = new ProcessBuilder(command)
                        .redirectInput(in.toFile())
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile());
                builder.environment().clear();
                builder.environment().putAll(environment);
                Process process = builder.start();
                if (!process.waitFor(most.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly().waitFor();
                    throw new AssertionError(
                            "did not end: " + command + "\n" + Files.readString(out) + Files.readString(err));
                }
                return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
            } finally {
                for (Path file : List.of(in, out, err)) {
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
