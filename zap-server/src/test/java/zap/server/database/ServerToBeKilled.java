package zap.server.database;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** A process of its own that runs PostgreSQL on a folder until the test kills it. */
final class ServerToBeKilled {

    record Running(Process process, long postmaster) {}

    private ServerToBeKilled() {}

    public static void main(String[] arguments) throws Exception {
        var postgres = OwnPostgres.start(Path.of(arguments[0]), Duration.ofMinutes(2));
        OwnPostgresIT.keep(postgres, "kept by the server to be killed");
        System.out.println("postmaster " + postgres.pid());
        new CountDownLatch(1).await();
    }

    /** Starts one and waits until it has committed something. */
    static Running on(Path folder) throws IOException {
        Process process = start(folder);
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith("postmaster ")) {
                return new Running(process, Long.parseLong(line.substring("postmaster ".length())));
            }
        }
        throw new IllegalStateException("the server to be killed ended by itself");
    }

    /** Starts one that must not start, and returns its output. */
    static String refusedOn(Path folder) throws IOException {
        Process process = start(folder);
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.onExit().join().exitValue() == 0) {
            throw new IllegalStateException("it was not refused: " + said);
        }
        return said;
    }

    private static Process start(Path folder) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ServerToBeKilled.class.getName(),
                        folder.toString())
                .redirectErrorStream(true)
                .start();
    }
}
