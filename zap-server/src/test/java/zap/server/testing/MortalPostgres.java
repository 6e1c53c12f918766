package zap.server.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import zap.server.database.OwnPostgres;
import zap.server.database.ReadyPrograms;

/**
 * A PostgreSQL of a test's own, which can be stopped, killed, and started again with the same data on the same port. It
 * may be the standby of another one, and be promoted.
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

    /**
     * Makes a new standby of this one, which runs and asks for the log under its name, and starts it. The caller closes
     * it. No commit waits for it: see {@link #waitFor}.
     */
    public MortalPostgres standby(String name) {
        Path itsFolder = Path.of("target", "mortal-postgres-" + name).toAbsolutePath();
        var standby = new MortalPostgres(
                itsFolder,
                itsFolder.resolve("postgresql", "data"),
                binaries,
                url.replaceFirst(":\\d+/", ":" + ReservedPort.next() + "/"),
                user,
                password);
        standby.follow(this, name);
        return standby;
    }

    /** Replaces its data by a copy of the primary's, and starts it as the primary's standby. */
    public void follow(MortalPostgres primary, String name) {
        try {
            delete(data);
            Files.createDirectories(data.getParent());
            try (Connection connection = primary.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("select pg_backup_start('standby', true)");
                copy(primary.data, data);
                try (ResultSet stopped = statement.executeQuery("select labelfile from pg_backup_stop(false)")) {
                    stopped.next();
                    Files.writeString(data.resolve("backup_label"), stopped.getString(1));
                }
            }
            Files.createFile(data.resolve("standby.signal"));
            Files.writeString(
                    data.resolve("postgresql.auto.conf"), """
                    port = %s
                    primary_conninfo = 'host=127.0.0.1 port=%s user=%s password=%s application_name=%s'
                    """.formatted(port(), primary.port(), user, password, name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        start();
    }

    /** Copies the files of a running PostgreSQL, without its log and what belongs to its process. */
    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : all.toList()) {
                Path name = from.relativize(path);
                if (name.startsWith("pg_wal") && name.getNameCount() > 1
                        || name.toString().startsWith("postmaster.")) {
                    continue;
                }
                try {
                    Files.copy(path, to.resolve(name));
                } catch (NoSuchFileException e) {
                    // Deleted meanwhile; the log says so, too.
                }
            }
        }
        Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwx------"));
    }

    /** Lets each commit wait for the named standby, and waits until it is connected. */
    public void waitFor(String standby) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("alter system set synchronous_standby_names = '" + standby + "'");
            statement.execute("select pg_reload_conf()");
            RunningServer.await("the standby is synchronous", END_WITHIN, () -> {
                try (ResultSet row = statement.executeQuery(
                        "select count(*) from pg_stat_replication where sync_state in ('sync', 'quorum')")) {
                    row.next();
                    return row.getInt(1) > 0;
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Makes the standby a primary, on the next timeline. */
    public void promote() {
        pgCtl("promote", "--wait", "--timeout=60");
    }

    /** Stops all its processes for a time, as a machine does that hangs: nobody is told, and nothing answers. */
    public void suspend() {
        signal("-STOP");
    }

    /** Lets them go on. */
    public void resume() {
        signal("-CONT");
    }

    private void signal(String signal) {
        ProcessHandle postmaster = postmaster(data);
        var command = new ArrayList<>(List.of("kill", signal, Long.toString(postmaster.pid())));
        postmaster.descendants().forEach(process -> command.add(Long.toString(process.pid())));
        try {
            // One of them may have ended meanwhile.
            new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private int port() {
        return URI.create(url.substring("jdbc:".length())).getPort();
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

    /** Returns the properties with which a server uses this one or the other, whichever is the primary. */
    public List<String> propertiesWith(MortalPostgres other, String parameters) {
        return List.of(
                "zap.database.url=jdbc:postgresql://127.0.0.1:" + port() + ",127.0.0.1:" + other.port() + "/zap?"
                        + parameters,
                "zap.database.user=" + user,
                "zap.database.password=" + password);
    }

    public boolean isRunning() {
        return Files.exists(data.resolve("postmaster.pid"))
                && recordedPostmaster(data).filter(MortalPostgres::runs).isPresent();
    }

    private static ProcessHandle postmaster(Path data) {
        return recordedPostmaster(data).orElseThrow(() -> new IllegalStateException("PostgreSQL does not run"));
    }

    private static Optional<ProcessHandle> recordedPostmaster(Path data) {
        try {
            List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"));
            return ProcessHandle.of(Long.parseLong(lines.getFirst().strip()));
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
            resume();
            stopImmediately();
        }
    }

    @Override
    public void close() {
        endAtExit();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }
}
