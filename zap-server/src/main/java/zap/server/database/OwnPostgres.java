package zap.server.database;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
 * <p>It must be right around kill -9, of either process at any moment. Who may touch what follows from one fact: as long as
 * this object lives it holds the lock of the data folder, so every PostgreSQL that runs from the binaries in that folder is
 * either its own or an orphan of a server that was killed, and may be stopped.
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
    private volatile ProcessHandle postmaster;

    private OwnPostgres(DataFolder folder, Duration startTimeout) throws IOException {
        this.folder = folder;
        this.startTimeout = startTimeout;
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
     * Starts PostgreSQL on the data in this folder, which is made if it is not there.
     *
     * @throws CannotUseDatabaseException when it cannot be had, with advice
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
     * Starts PostgreSQL in a folder that the caller has opened and closes. It is not started again when it ends by
     * itself.
     *
     * @throws CannotUseDatabaseException when it cannot be had, with advice
     */
    static OwnPostgres startIn(DataFolder folder, Duration startTimeout) throws IOException {
        var postgres = new OwnPostgres(folder, startTimeout);
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

    /** The process that runs now; another one after a crash. */
    public long pid() {
        return postmaster.pid();
    }

    /** Returns the version of PostgreSQL, as in 18.6. */
    String version() {
        return version;
    }

    /** Stops PostgreSQL and lets go of the folder. */
    @Override
    public void close() {
        closing.countDown();
        synchronized (this) {
            try {
                stop();
            } catch (CannotUseDatabaseException e) {
                log.error("PostgreSQL could not be stopped; the next start will take care of it. {}", e.getMessage());
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

    /** Starts PostgreSQL again when it ends without having been told to, as after a kill -9 or for want of memory. */
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
            log.error("PostgreSQL (pid {}) has ended by itself and is started again", pid());
            stopWhatAKilledServerLeft();
            postmaster = startPostmaster();
            log.info("PostgreSQL is back: {}", described());
            return true;
        } catch (IOException | RuntimeException e) {
            log.error("PostgreSQL does not start, which is tried again in {}: {}", TRY_AGAIN_AFTER, e.getMessage());
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
     * When the server was killed, its PostgreSQL lives on, with settings and a port of its own: it is stopped in good order.
     * When PostgreSQL was killed, its other processes need a moment to notice.
     *
     * <p>The postmaster.pid that is left then names no process of ours. PostgreSQL would clear it away itself, unless its
     * number has meanwhile gone to some other process, and then it would refuse to start, after a reboot for example. To
     * remove it is safe only because nothing runs any more that could be using the data.
     */
    private void stopWhatAKilledServerLeft() throws IOException {
        if (Files.notExists(postmasterPid())) {
            return;
        }
        Optional<ProcessHandle> orphan = recordedPostmaster();
        if (orphan.isPresent()) {
            log.warn(
                    "PostgreSQL (pid {}) still runs for a server that was killed, and is stopped first",
                    orphan.get().pid());
            stopPostmaster();
        } else {
            // Where the file does not say which process it is, it is the one whose parent is none of them.
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

    /** Returns the PostgreSQL that runs on the data in this folder, whoever has started it. */
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
     * Does it live, and run from binaries in our folder, if perhaps those of an earlier zap? A process that has ended but was
     * not fetched by its parent has no command.
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

    /** Returns the password of the cluster. */
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
                        "Run the zap they were written by, dump its database, and load it into this one.");
            }
            return password.isPresent() ? password.get() : newPassword();
        }
        if (password.isEmpty()) {
            folder.setPassword(folder.newSecret());
        }
        // Made beside and then renamed: a server that is killed here leaves nothing half done.
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
                // Until old files of its log can be used again, the transaction that needs a new one fills it with
                // zeros, and all others wait: of 16 MB, as is usual, for a tenth of a second under load.
                "--wal-segsize=4");
        Files.move(making, folder.cluster(), StandardCopyOption.ATOMIC_MOVE);
        return folder.password()
                .orElseThrow(() -> new IOException(folder.passwordFile() + " is empty, and was just written"));
    }

    /**
     * Gives the cluster a new password when the file with the old one is missing or empty. Whoever may do that may read
     * the data anyway: no password is needed without a connection. The file comes last, so that a start that is killed
     * in between is repeated.
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
                PostgresConf.with(loopback, port, PostgresConf.sharedBuffers()));
    }

    private ProcessHandle startPostmaster() throws IOException {
        writeSettings();
        Files.deleteIfExists(folder.startLog());
        pgCtl("start", "--log=" + folder.startLog(), "--wait", "--timeout=" + startTimeout.toSeconds());
        return recordedPostmaster()
                .orElseThrow(() ->
                        StartFailure.before(folder).exception("PostgreSQL has started and is not to be found", ""));
    }

    /** The fast way: transactions that are open are rolled back, and everything is written. */
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

    /** The loopback address as it stands in front of a port. */
    private String host() {
        return loopback.contains(":") ? "[" + loopback + "]" : loopback;
    }

    private void pgCtl(String what, String... arguments) {
        var all = new ArrayList<>(List.of(what, "--pgdata=" + folder.cluster(), "--silent"));
        all.addAll(Arrays.asList(arguments));
        run("pg_ctl", all.toArray(String[]::new));
    }

    /** Runs a tool of PostgreSQL to its end and returns what it said. */
    private String run(String tool, String... arguments) {
        return run(List.of(), tool, arguments);
    }

    /**
     * Runs a tool of PostgreSQL to its end.
     *
     * @param input the lines that it reads
     * @return what it said
     */
    private String run(List<String> input, String tool, String... arguments) {
        var failure = StartFailure.before(folder);
        var command = new ArrayList<>(UserNamespace.prefix());
        command.add(binaries.resolve(tool).toString());
        command.addAll(Arrays.asList(arguments));
        try {
            var builder = new ProcessBuilder(command).redirectErrorStream(true);
            // What a person has set for psql is not meant for us, and messages are looked at in one language.
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
