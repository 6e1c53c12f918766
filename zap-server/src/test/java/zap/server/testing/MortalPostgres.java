package zap.server.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import zap.server.database.OwnPostgres;
import zap.server.database.ReadyPrograms;

/**
 * A PostgreSQL of a test's own, which can be stopped, killed, and started again with the same data on the same port.
 */
public final class MortalPostgres implements AutoCloseable {

    private static final Duration END_WITHIN = Duration.ofSeconds(30);

    private final Path folder;
    private final Path data;
    private final Path binaries;
    private final String url;
    private final String user;
    private final String password;
    private final Thread atExit = new Thread(this::endAtExit);

    private MortalPostgres(Path folder, Path data, Path binaries, String url, String user, String password) {
        this.folder = folder;
        this.data = data;
        this.binaries = binaries;
        this.url = url;
        this.user = user;
        this.password = password;
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /** Makes a new one and starts it. The caller closes it. */
    public static MortalPostgres start(String name) {
        Path folder = Path.of("target", "mortal-postgres-" + name).toAbsolutePath();
        Path data = folder.resolve("postgresql", "data");
        try {
            delete(data);
            // Made and set like that of a real server, but not watched and restarted.
            MortalPostgres postgres;
            try (OwnPostgres first = OwnPostgres.start(ReadyPrograms.into(folder), Duration.ofSeconds(60))) {
                Path binaries = Path.of(ProcessHandle.of(first.pid())
                                .flatMap(process -> process.info().command())
                                .orElseThrow())
                        .getParent();
                postgres = new MortalPostgres(
                        folder, data, binaries, first.getJdbcUrl(), first.getUsername(), first.getPassword());
            }
            postgres.start();
            return postgres;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts it again, with its data on disk, and waits until it answers. */
    public void start() {
        try {
            // The remains of one that was killed. All its processes have ended: see kill.
            Files.deleteIfExists(data.resolve("postmaster.pid"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        pgCtl("start", "--log=" + folder.resolve("start.log"), "--wait", "--timeout=60");
    }

    /** Stops it properly: open connections are closed. */
    public void stop() {
        pgCtl("stop", "--mode=fast", "--wait", "--timeout=60");
    }

    /** Stops it at once, like a crash of which its processes are told. */
    public void stopImmediately() {
        pgCtl("stop", "--mode=immediate", "--wait", "--timeout=60");
    }

    /** Kills the postmaster with kill -9, and waits until its other processes have noticed. */
    public void kill() {
        ProcessHandle postmaster = postmaster(data);
        List<ProcessHandle> all =
                Stream.concat(Stream.of(postmaster), postmaster.descendants()).toList();
        postmaster.destroyForcibly();
        RunningServer.await(
                "the processes of PostgreSQL end",
                END_WITHIN,
                () -> all.stream().noneMatch(MortalPostgres::runs));
    }

    public Connection connect() throws SQLException {
        return DriverManager.getConnection(url, user, password);
    }

    /** Returns the properties with which a server uses it. */
    public List<String> properties() {
        return List.of("zap.database.url=" + url, "zap.database.user=" + user, "zap.database.password=" + password);
    }

    public boolean isRunning() {
        return Files.exists(data.resolve("postmaster.pid")) && runs(postmaster(data));
    }

    private static ProcessHandle postmaster(Path data) {
        try {
            List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"));
            return ProcessHandle.of(Long.parseLong(lines.getFirst().strip()))
                    .orElseThrow(() -> new IllegalStateException("PostgreSQL does not run"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns whether the process runs. One that has ended but was not collected by its parent has no command. */
    private static boolean runs(ProcessHandle process) {
        return process.isAlive() && process.info().command().isPresent();
    }

    private void pgCtl(String what, String... arguments) {
        var command = new ArrayList<String>();
        if (System.getProperty("user.name").equals("root")) {
            // PostgreSQL does not run as root; in a user namespace of its own it is nobody, with root's files.
            command.addAll(List.of("unshare", "--user"));
        }
        command.addAll(List.of(binaries.resolve("pg_ctl").toString(), what, "--pgdata=" + data, "--silent"));
        command.addAll(List.of(arguments));
        try {
            Path said = folder.resolve("pg_ctl");
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(said.toFile())
                    .start();
            if (!process.waitFor(90, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new AssertionError("pg_ctl " + what + ": " + Files.readString(said));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> below = Files.walk(folder)) {
                for (Path path :
                        below.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private void endAtExit() {
        if (isRunning()) {
            stopImmediately();
        }
    }

    @Override
    public void close() {
        endAtExit();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }
}
