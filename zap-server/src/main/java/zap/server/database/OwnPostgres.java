package zap.server.database;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The PostgreSQL that the server starts itself, watches, and stops when it is closed.
 *
 * <p>It must survive kill -9 of either process at any moment. One fact decides which processes it may stop: while this
 * object exists, it holds the lock of the data folder. So every PostgreSQL that runs from the binaries in that folder
 * is either its own or an orphan of a killed server, and may be stopped.
 */
public final class OwnPostgres implements Database, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(OwnPostgres.class);

    private static final String NAME = "zap";
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);
    private static final Duration TRY_AGAIN_AFTER = Duration.ofSeconds(5);
    private static final Duration STOP_WITHIN = Duration.ofSeconds(60);
    private static final Duration ORPHANS_END_WITHIN = Duration.ofSeconds(30);

    private final DataFolder folder;
    private final Path binaries;
    private final String version;
    private final String loopback;
    private final int port;
    private final String secret;
    private final Duration startTimeout;
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile List<String> settings;
    private volatile ProcessHandle postmaster;

    private OwnPostgres(DataFolder folder, Duration startTimeout, List<String> settings) throws IOException {
        this.folder = folder;
        this.startTimeout = startTimeout;
        this.settings = settings;
        this.binaries = Binaries.unpackedIn(folder.postgresql());
        this.version = run("postgres", "--version").strip().replaceFirst("^.* ", "");
        stopWhatAKilledServerLeft();
        Binaries.deleteAllBut(binaries);
        this.loopback = DataFolder.loopback();
        this.port = folder.port(loopback);
        this.secret = createClusterUnlessThere();
        this.postmaster = startPostmaster();
    }

    /**
     * Starts PostgreSQL on the data in this folder, which is made if it does not exist.
     *
     * @throws CannotUseDatabaseException when it cannot be started, with advice
     */
    public static OwnPostgres start(Path directory, Duration startTimeout) {
        long started = System.nanoTime();
        var folder = DataFolder.open(directory);
        try {
            StagedData.of(folder).discard();
            OwnPostgres postgres = startIn(folder, startTimeout);
            Thread.ofVirtual().name("postgresql-watch").start(postgres::watch);
            log.info("PostgreSQL {} started in {} ms", postgres.described(), (System.nanoTime() - started) / 1_000_000);
            return postgres;
        } catch (IOException e) {
            folder.close();
            throw DataFolder.unusable(folder.root(), e);
        } catch (RuntimeException e) {
            folder.close();
            throw e;
        }
    }

    /**
     * Starts PostgreSQL in a folder that the caller has opened and closes. It is not restarted when it ends by itself.
     *
     * @throws CannotUseDatabaseException when it cannot be started, with advice
     */
    static OwnPostgres startIn(DataFolder folder, Duration startTimeout) throws IOException {
        return startIn(folder, startTimeout, List.of());
    }

    /**
     * Starts PostgreSQL in the same way, with more settings.
     *
     * @param settings lines of its configuration, which override the usual ones
     */
    static OwnPostgres startIn(DataFolder folder, Duration startTimeout, List<String> settings) throws IOException {
        var postgres = new OwnPostgres(folder, startTimeout, settings);
        postgres.createDatabaseUnlessThere();
        return postgres;
    }

    @Override
    public String getJdbcUrl() {
        return urlOf(NAME) + "?reWriteBatchedInserts=true&ApplicationName=zap";
    }

    @Override
    public String getUsername() {
        return NAME;
    }

    @Override
    public String getPassword() {
        return secret;
    }

    @Override
    public String described() {
        return version + " on " + host() + ":" + port + " (pid " + pid() + ", data in " + folder.root() + ")";
    }

    @Override
    public Optional<String> adminToken() throws IOException {
        return Optional.of(folder.adminToken());
    }

    @Override
    public Optional<Path> scratch() {
        return Optional.of(folder.scratch());
    }

    @Override
    public String toString() {
        return described();
    }

    /** Returns the id of the running process. It changes when PostgreSQL is restarted after a crash. */
    public long pid() {
        return postmaster.pid();
    }

    /** Returns the version of PostgreSQL, as in 18.6. */
    String version() {
        return version;
    }

    int port() {
        return port;
    }

    boolean isRunning() {
        return isOurs(postmaster);
    }

    /** Replaces the settings that this PostgreSQL was started with. Those that need a restart stay as they are. */
    void set(List<String> lines) throws IOException {
        settings = lines;
        writeSettings();
        pgCtl("reload");
    }

    /** Makes a standby a primary, on the next timeline. */
    void promote() {
        pgCtl("promote", "--wait", "--timeout=" + startTimeout.toSeconds());
    }

    /** Kills the postmaster with kill -9. Its other processes end by themselves. */
    void kill() {
        postmaster.destroyForcibly();
    }

    /** Opens a connection, also to a standby. An answer that takes longer than this many seconds fails. */
    Connection connect(int seconds) throws SQLException {
        return DriverManager.getConnection(
                urlOf("postgres") + "?loginTimeout=" + seconds + "&socketTimeout=" + seconds, NAME, secret);
    }

    /** Stops PostgreSQL and releases the folder. */
    @Override
    public void close() {
        closing.countDown();
        synchronized (this) {
            try {
                stop();
            } catch (CannotUseDatabaseException e) {
                log.error("Could not stop PostgreSQL; the next start will do so. {}", e.getMessage());
            } finally {
                folder.close();
            }
        }
    }

    /**
     * Stops PostgreSQL and keeps the folder.
     *
     * @throws CannotUseDatabaseException when it does not stop
     */
    synchronized void stop() {
        closing.countDown();
        if (isOurs(postmaster)) {
            stopPostmaster();
        }
    }

    /** Restarts PostgreSQL when it ends unexpectedly, as after a kill -9 or when memory runs out. */
    private void watch() {
        Duration pause = LOOK_EVERY;
        while (!isClosingWithin(pause)) {
            pause = isOurs(postmaster) || startAgain() ? LOOK_EVERY : TRY_AGAIN_AFTER;
        }
    }

    private synchronized boolean startAgain() {
        if (isClosingWithin(Duration.ZERO)) {
            return false;
        }
        try {
            log.error("PostgreSQL (pid {}) ended unexpectedly and is being restarted", pid());
            stopWhatAKilledServerLeft();
            postmaster = startPostmaster();
            log.info("PostgreSQL runs again: {}", described());
            return true;
        } catch (IOException | RuntimeException e) {
            log.error("Could not start PostgreSQL, will try again in {}: {}", TRY_AGAIN_AFTER, e.getMessage());
            return false;
        }
    }

    private boolean isClosingWithin(Duration wait) {
        try {
            return closing.await(wait.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /**
     * Cleans up after a killed process. When the server was killed, its PostgreSQL still runs, with settings and a port
     * of its own: it is stopped properly. When PostgreSQL was killed, its other processes need a moment to notice.
     *
     * <p>The remaining postmaster.pid then names no process of ours. PostgreSQL would remove it itself, unless its
     * number now belongs to another process, after a reboot for example. Then it would refuse to start. Removing the
     * file is safe only because no process that uses the data is left.
     */
    private void stopWhatAKilledServerLeft() throws IOException {
        if (Files.notExists(postmasterPid())) {
            return;
        }
        Optional<ProcessHandle> orphan = recordedPostmaster();
        if (orphan.isPresent()) {
            log.warn(
                    "PostgreSQL (pid {}) of a killed server still runs, and is stopped first",
                    orphan.get().pid());
            stopPostmaster();
        } else {
            // When the file does not name the process, it is the one whose parent is not among them.
            ProcessHandle.allProcesses()
                    .filter(this::isOurs)
                    .filter(process -> process.parent().filter(this::isOurs).isEmpty())
                    .forEach(ProcessHandle::destroy);
        }
        long deadline = System.nanoTime() + ORPHANS_END_WITHIN.toNanos();
        while (ProcessHandle.allProcesses().anyMatch(this::isOurs)) {
            if (System.nanoTime() > deadline || isClosingWithin(Duration.ofMillis(50))) {
                throw new CannotUseDatabaseException(
                        "Processes of an earlier PostgreSQL still use the data in " + folder.root() + ".",
                        "End the processes that run from " + folder.postgresql() + ", then start again.");
            }
        }
        Files.deleteIfExists(postmasterPid());
    }

    private Optional<ProcessHandle> recordedPostmaster() throws IOException {
        return recordedPostmaster(folder);
    }

    /** Returns the PostgreSQL that runs on the data in this folder, even if another process has started it. */
    static Optional<ProcessHandle> recordedPostmaster(DataFolder folder) throws IOException {
        return StateFile.read(folder.postmasterPid())
                .flatMap(said -> said.lines().findFirst())
                .map(String::strip)
                .filter(pid -> pid.matches("[1-9][0-9]{0,17}"))
                .flatMap(pid -> ProcessHandle.of(Long.parseLong(pid)))
                .filter(process -> runsFrom(folder.postgresql(), process));
    }

    private Path postmasterPid() {
        return folder.postmasterPid();
    }

    /**
     * Returns whether the process is alive and runs from binaries in our folder, possibly those of an earlier zap. A
     * process that has ended but was not collected by its parent has no command.
     */
    private boolean isOurs(ProcessHandle process) {
        return runsFrom(folder.postgresql(), process);
    }

    static boolean runsFrom(Path binaries, ProcessHandle process) {
        return process.isAlive()
                && process.info()
                        .command()
                        .filter(command -> Path.of(command).startsWith(binaries))
                        .isPresent();
    }

    /** Makes the cluster if it does not exist, and returns its password. */
    private String createClusterUnlessThere() throws IOException {
        Optional<String> password = folder.password();
        if (Files.exists(folder.cluster())) {
            String major = StateFile.read(folder.cluster().resolve("PG_VERSION"))
                    .orElseThrow(
                            () -> new CannotUseDatabaseException(
                                    "The data in " + folder.root()
                                            + " are damaged: postgresql/data/PG_VERSION is missing or empty.",
                                    "Keep a copy of the folder as it is, then restore a backup: docs/runbook.md#back-up-and-restore"));
            if (!version.startsWith(major + ".")) {
                throw new CannotUseDatabaseException(
                        "The data in " + folder.root() + " were written by PostgreSQL " + major + "; this zap brings "
                                + version + ".",
                        "Run the zap that wrote them, dump its database, and load the dump into this one.");
            }
            return password.isPresent() ? password.get() : newPassword();
        }
        if (password.isEmpty()) {
            folder.setPassword(folder.newSecret());
        }
        // Made under another name and then renamed, so that a server that is killed here leaves nothing unfinished.
        Path making = DataFolder.emptied(folder.postgresql().resolve("data.new"));
        run(
                "initdb",
                "--pgdata=" + making,
                "--username=" + NAME,
                "--pwfile=" + folder.passwordFile(),
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                // Until PostgreSQL can recycle old segments of its log, the transaction that needs a new one fills it
                // with zeros, and all others wait: with the default of 16 MB, for a tenth of a second under load.
                "--wal-segsize=4");
        Files.move(making, folder.cluster(), StandardCopyOption.ATOMIC_MOVE);
        return folder.password()
                .orElseThrow(() -> new IOException(folder.passwordFile() + " is empty after it was written"));
    }

    /**
     * Gives the cluster a new password when the file with the old one is missing or empty. This gives no new rights: a
     * user who may do it may read the data anyway. The file is written last, so that a start that is killed in between
     * is repeated.
     */
    private String newPassword() throws IOException {
        log.warn("{} was missing or empty: PostgreSQL gets a new password", folder.passwordFile());
        String made = folder.newSecret();
        writeSettings();
        run(
                List.of("alter role " + NAME + " password '" + made + "';"),
                "postgres",
                "--single",
                "-D",
                folder.cluster().toString(),
                "postgres");
        folder.setPassword(made);
        return made;
    }

    private void writeSettings() throws IOException {
        StateFile.write(
                folder.cluster().resolve("postgresql.conf"),
                PostgresConf.with(loopback, port, PostgresConf.sharedBuffers())
                        + settings.stream().map(line -> line + "\n").collect(Collectors.joining()));
    }

    private ProcessHandle startPostmaster() throws IOException {
        writeSettings();
        Files.deleteIfExists(folder.startLog());
        pgCtl("start", "--log=" + folder.startLog(), "--wait", "--timeout=" + startTimeout.toSeconds());
        return recordedPostmaster()
                .orElseThrow(() -> StartFailure.before(folder)
                        .exception("PostgreSQL has started but its process was not found", ""));
    }

    /** Stops PostgreSQL in its fast mode: open transactions are rolled back, and everything is written. */
    private void stopPostmaster() {
        pgCtl("stop", "--mode=fast", "--wait", "--timeout=" + STOP_WITHIN.toSeconds());
    }

    private void createDatabaseUnlessThere() {
        try (var connection = DriverManager.getConnection(urlOf("postgres"), NAME, secret);
                var statement = connection.createStatement()) {
            if (!statement
                    .executeQuery("select 1 from pg_database where datname = '" + NAME + "'")
                    .next()) {
                statement.execute("create database " + NAME);
            }
        } catch (SQLException e) {
            stop();
            throw new CannotUseDatabaseException(
                    "The server's own PostgreSQL has started but cannot be used: " + e.getMessage(),
                    "More may be in " + folder.cluster().resolve("log") + ".",
                    e);
        }
    }

    private String urlOf(String database) {
        return "jdbc:postgresql://" + host() + ":" + port + "/" + database;
    }

    /** Returns the loopback address in the form that precedes a port. */
    String host() {
        return Loopback.inUrl(loopback);
    }

    private void pgCtl(String what, String... arguments) {
        var all = new ArrayList<>(List.of(what, "--pgdata=" + folder.cluster(), "--silent"));
        all.addAll(Arrays.asList(arguments));
        run("pg_ctl", all.toArray(String[]::new));
    }

    /** Runs a tool of PostgreSQL to its end and returns its output. */
    private String run(String tool, String... arguments) {
        return run(List.of(), tool, arguments);
    }

    /**
     * Runs a tool of PostgreSQL to its end.
     *
     * @param input the lines that it reads
     * @return its output
     */
    private String run(List<String> input, String tool, String... arguments) {
        var failure = StartFailure.before(folder);
        var command = new ArrayList<>(UserNamespace.prefix());
        command.add(binaries.resolve(tool).toString());
        command.addAll(Arrays.asList(arguments));
        try {
            var builder = new ProcessBuilder(command).redirectErrorStream(true);
            // The user's settings for psql do not apply here, and the messages are parsed in one language.
            builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
            builder.environment().put("LC_ALL", "C");
            Process process = builder.start();
            try (var out = process.outputWriter(StandardCharsets.UTF_8)) {
                out.write(input.stream().map(line -> line + "\n").collect(Collectors.joining()));
            }
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw failure.exception("PostgreSQL's " + tool + " failed", said.strip());
            }
            return said;
        } catch (IOException e) {
            throw failure.exception("PostgreSQL's " + tool + " cannot be run", e.toString());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw failure.exception("PostgreSQL's " + tool + " was not waited for", "interrupted");
        }
    }
}
