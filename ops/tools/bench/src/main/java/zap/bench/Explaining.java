package zap.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import zap.bench.explain.DatabaseAccess;
import zap.bench.explain.ObservedServer;
import zap.bench.explain.ServerFlightRecorder;
import zap.bench.load.CannotMeasureException;
import zap.bench.machine.Processes;

/** The way to a server whose late messages are to be explained. */
final class Explaining {

    /** The reason why not every server can be explained, and the advice. */
    static final String NEEDS =
            "--explain records in the server's JVM, reads what the kernel counts for its threads and for"
                    + " PostgreSQL's processes, and looks into that PostgreSQL. So it needs --start, or a server on this machine"
                    + " that runs as the same user: its process is found by its port, or named with --pid, and its data folder"
                    + " with --data (var of this checkout, unless ZAP_DATA names another).";

    private static final String DATABASE = "zap";

    /** The settings of a recording, for a server that is to be started. */
    record Prepared(Path folder, Path settings) implements AutoCloseable {

        /** Returns the option for the server's JVM. */
        String option() {
            return ServerFlightRecorder.option(settings);
        }

        @Override
        public void close() throws IOException {
            Files.deleteIfExists(settings);
            Files.deleteIfExists(folder);
        }
    }

    private Explaining() {}

    /** Writes the settings of a recording, for a server that is to be started. */
    static Prepared prepareRecording() throws IOException {
        Path folder = Files.createTempDirectory("zap-bench-recording-");
        return new Prepared(folder, ServerFlightRecorder.settings(folder));
    }

    /** Returns the way to a server that was started with {@link Prepared#option}. */
    static ObservedServer started(OptionalLong pid, OptionalLong database, Path data) throws IOException {
        return new ObservedServer(pidOf(pid), true, database, accessIn(data, true));
    }

    /** Returns the way to a server that runs already. */
    static ObservedServer running(OptionalLong pid, OptionalLong database, Optional<Path> data) throws IOException {
        long server = pidOf(pid);
        if (data.isPresent()) {
            return new ObservedServer(server, false, database, accessIn(data.get(), false));
        }
        String usual = System.getenv("ZAP_DATA");
        Path folder = usual == null || usual.isEmpty() ? Targets.checkout().resolve("var") : Path.of(usual);
        return new ObservedServer(server, false, database, isDataOf(folder, database) ? accessIn(folder, false) : null);
    }

    private static long pidOf(OptionalLong pid) {
        return pid.orElseThrow(() -> new CannotMeasureException("The server's process is not to be found. " + NEEDS));
    }

    /** Returns whether the PostgreSQL of this data folder is that of the server. */
    private static boolean isDataOf(Path folder, OptionalLong database) throws IOException {
        Path port = folder.resolve("postgresql/port");
        return database.isPresent()
                && Files.isReadable(port)
                && Processes.listeningOn(Integer.parseInt(firstLine(port))).equals(database);
    }

    private static @Nullable DatabaseAccess accessIn(Path data, boolean isForThisMeasurement) throws IOException {
        Path postgresql = data.resolve("postgresql");
        if (!Files.isReadable(postgresql.resolve("port"))) {
            throw new Usage("--data names the data folder of the server, and there is no PostgreSQL in " + data + ".");
        }
        return new DatabaseAccess(
                "jdbc:postgresql://127.0.0.1:%s/%s".formatted(firstLine(postgresql.resolve("port")), DATABASE),
                DATABASE,
                firstLine(postgresql.resolve("password")),
                postgresql.resolve("data/log"),
                isForThisMeasurement);
    }

    private static String firstLine(Path file) throws IOException {
        return Files.readString(file).lines().findFirst().orElse("");
    }
}
