package zap.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A PostgreSQL on a folder of its own, run with the programs that the server brings. It may be the standby of another
 * one, and take over from it.
 */
final class PostgresProcess implements AutoCloseable {

    private static final long ENDS_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int PROGRAM_SECONDS = 90;

    private final Path programs;
    private final Path data;
    private final Path log;
    private final String password;
    private final int port = FreePorts.block();

    /**
     * @param programs the folder with pg_ctl
     * @param data the folder of the data, which may be missing still
     * @param password of role zap
     */
    PostgresProcess(Path programs, Path data, String password) {
        this.programs = programs;
        this.data = data;
        this.log = data.resolveSibling(data.getFileName() + ".log");
        this.password = password;
    }

    int port() {
        return port;
    }

    /** Starts it on its data, which no process uses, as a primary of its own, and waits until it answers. */
    void startAlone() throws IOException {
        configure("");
        start("--wait");
    }

    /** Starts it again after it was killed, and does not wait until it answers. */
    void startAgain() throws IOException {
        start("--no-wait");
    }

    private void start(String wait) throws IOException {
        // The remains of one that was killed, whose processes have all ended.
        Files.deleteIfExists(pidFile());
        pgCtl("start", "--log=" + log, wait, "--timeout=60");
    }

    /** Replaces its data by a copy of the primary's, and starts it as the standby of that one. It must not run. */
    void follow(PostgresProcess primary) throws IOException {
        Folders.delete(data);
        try (Connection connection = primary.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("select pg_backup_start('standby', true)");
            copyRunning(primary.data);
            try (ResultSet stopped = statement.executeQuery("select labelfile from pg_backup_stop(false)")) {
                stopped.next();
                Files.writeString(data.resolve("backup_label"), stopped.getString(1));
            }
        } catch (SQLException e) {
            throw new IOException("The standby cannot be made: " + e.getMessage(), e);
        }
        Files.createFile(data.resolve("standby.signal"));
        configure("primary_conninfo = 'host=127.0.0.1 port=%s user=zap password=%s application_name=standby'%n"
                .formatted(primary.port, password));
        start("--wait");
    }

    /** Copies the files of a running PostgreSQL, without its log and what belongs to its process. */
    private void copyRunning(Path from) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : all.toList()) {
                Path name = from.relativize(path);
                boolean ofTheProcess = name.toString().startsWith("postmaster.");
                if (ofTheProcess || (name.startsWith("pg_wal") && name.getNameCount() > 1)) {
                    continue;
                }
                try {
                    Files.copy(path, data.resolve(name));
                } catch (NoSuchFileException e) {
                    // Deleted meanwhile; its log says so, too.
                }
            }
        }
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx------"));
    }

    /** Writes the settings that come after those of the server's own PostgreSQL. */
    private void configure(String more) throws IOException {
        Files.writeString(
                data.resolve("postgresql.auto.conf"),
                "port = %s%nmax_connections = 100%nlog_lock_waits = on%n".formatted(port) + more);
    }

    /** Lets each commit wait for the standby, and waits until it is connected. */
    void requireStandby() throws IOException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("alter system set synchronous_standby_names = 'standby'");
            statement.execute("select pg_reload_conf()");
            long end = System.nanoTime() + ENDS_WITHIN_NANOS;
            while (!isReplicated(statement)) {
                if (System.nanoTime() > end) {
                    throw new IOException("The standby does not connect; see " + log);
                }
                World.pause(25); // between two looks
            }
        } catch (SQLException e) {
            throw new IOException("The primary does not answer: " + e.getMessage(), e);
        }
    }

    private static boolean isReplicated(Statement statement) throws SQLException {
        try (ResultSet row =
                statement.executeQuery("select count(*) from pg_stat_replication where sync_state = 'sync'")) {
            row.next();
            return row.getInt(1) > 0;
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/zap", "zap", password);
    }

    /** Makes the standby a primary, on the next timeline. */
    void promote() throws IOException {
        pgCtl("promote", "--wait", "--timeout=60");
    }

    /** Stops all its processes for a time (SIGSTOP), as a machine does that hangs: nothing answers. */
    void pause() throws IOException {
        Signals.send("STOP", processes().map(ProcessHandle::pid).toList());
    }

    /** Lets them go on. */
    void resume() throws IOException {
        Signals.send("CONT", processes().map(ProcessHandle::pid).toList());
    }

    /** kill -9 for its postmaster, and waits until its other processes have noticed. */
    void kill() throws IOException {
        List<ProcessHandle> all = processes().toList();
        resume(); // a paused one would notice nothing
        postmaster().ifPresent(ProcessHandle::destroyForcibly);
        long end = System.nanoTime() + ENDS_WITHIN_NANOS;
        while (all.stream().anyMatch(PostgresProcess::runs)) {
            if (System.nanoTime() > end) {
                throw new IOException("PostgreSQL does not end; see " + log);
            }
            World.pause(10); // between two looks
        }
    }

    private Stream<ProcessHandle> processes() throws IOException {
        return postmaster().stream().flatMap(one -> Stream.concat(Stream.of(one), one.descendants()));
    }

    private Optional<ProcessHandle> postmaster() throws IOException {
        if (Files.notExists(pidFile())) {
            return Optional.empty();
        }
        List<String> lines = Files.readAllLines(pidFile());
        return lines.isEmpty()
                ? Optional.empty()
                : ProcessHandle.of(Long.parseLong(lines.getFirst().strip())).filter(PostgresProcess::runs);
    }

    /** Returns whether the process runs. One that has ended but was not collected by its parent has no command. */
    private static boolean runs(ProcessHandle process) {
        return process.isAlive() && process.info().command().isPresent();
    }

    private Path pidFile() {
        return data.resolve("postmaster.pid");
    }

    private void pgCtl(String what, String... arguments) throws IOException {
        var command = new ArrayList<String>();
        if (System.getProperty("user.name", "").equals("root")) {
            // PostgreSQL does not run as root; in a user namespace of its own it is nobody, with root's files.
            command.addAll(List.of("unshare", "--user"));
        }
        command.addAll(List.of(programs.resolve("pg_ctl").toString(), what, "--pgdata=" + data, "--silent"));
        command.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            if (!process.waitFor(PROGRAM_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IOException("pg_ctl " + what + " fails; see " + log);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** Ends it in any state. */
    @Override
    public void close() throws IOException {
        kill();
    }
}
