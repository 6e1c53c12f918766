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
    private static final int LOG_LINES_IN_MESSAGES = 8;

    private final DataFolder folder;
    private final Path binaries;
    private final String version;
    private final int port;
    private final String secret;
    private final Duration startTimeout;
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile ProcessHandle postmaster;

    private OwnPostgres(DataFolder folder, Duration startTimeout) throws IOException {
        this.folder = folder;
        this.startTimeout = startTimeout;
        this.binaries = Binaries.unpackedIn(folder.postgresql());
        this.secret = folder.password();
        this.version = run("postgres", "--version").strip().replaceFirst("^.* ", "");
        stopWhatAKilledServerLeft();
        Binaries.deleteAllBut(binaries);
        this.port = folder.port();
        createClusterUnlessThere();
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
            throw new CannotUseDatabaseException(
                    "The data folder " + folder.root() + " cannot be used: " + e,
                    "Make it writable for this user, or choose another one with ZAP_DATA=<folder>.",
                    e);
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
        return version + " on 127.0.0.1:" + port + " (pid " + pid() + ", data in " + folder.root() + ")";
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
        Path file = folder.postmasterPid();
        List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
        return lines.isEmpty()
                ? Optional.empty()
                : ProcessHandle.of(Long.parseLong(lines.getFirst().strip()))
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

    private void createClusterUnlessThere() throws IOException {
        if (Files.exists(folder.cluster())) {
            String major =
                    Files.readString(folder.cluster().resolve("PG_VERSION")).strip();
            if (!version.startsWith(major + ".")) {
                throw new CannotUseDatabaseException(
                        "The data in " + folder.root() + " were written by PostgreSQL " + major + "; this zap brings "
                                + version + ".",
                        "Run the zap they were written by, dump its database, and load it into this one.");
            }
            return;
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
    }

    private ProcessHandle startPostmaster() throws IOException {
        Files.writeString(folder.cluster().resolve("postgresql.conf"), Settings.with(port));
        Files.deleteIfExists(folder.startLog());
        pgCtl("start", "--log=" + folder.startLog(), "--wait", "--timeout=" + startTimeout.toSeconds());
        return recordedPostmaster()
                .orElseThrow(
                        () -> cannot("PostgreSQL has started and is not to be found", lastLines(folder.startLog())));
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
                    "The server's own PostgreSQL has started but cannot be used: " + e.getMessage(), advice(), e);
        }
    }

    private String urlOf(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    private void pgCtl(String what, String... arguments) {
        var all = new ArrayList<>(List.of(what, "--pgdata=" + folder.cluster(), "--silent"));
        all.addAll(Arrays.asList(arguments));
        run("pg_ctl", all.toArray(String[]::new));
    }

    /** Runs a tool of PostgreSQL to its end and returns what it said. */
    private String run(String tool, String... arguments) {
        var command = new ArrayList<String>();
        if (isRoot()) {
            // PostgreSQL does not run as root. In a user namespace of its own it is nobody, with root's files.
            command.addAll(List.of("unshare", "--user"));
        }
        command.add(binaries.resolve(tool).toString());
        command.addAll(Arrays.asList(arguments));
        try {
            var builder = new ProcessBuilder(command).redirectErrorStream(true);
            // What a person has set for psql is not meant for us, and messages are looked at in one language.
            builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
            builder.environment().put("LC_ALL", "C");
            Process process = builder.start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw cannot("PostgreSQL's " + tool + " failed", said.strip() + lastLines(folder.startLog()));
            }
            return said;
        } catch (IOException e) {
            throw cannot("PostgreSQL's " + tool + " cannot be run", e.toString());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw cannot("PostgreSQL's " + tool + " was not waited for", "interrupted");
        }
    }

    private CannotUseDatabaseException cannot(String what, String said) {
        return new CannotUseDatabaseException(what + ": " + said, advice());
    }

    private String advice() {
        String elsewhere = "More may be in " + folder.cluster().resolve("log")
                + ". To use another PostgreSQL instead: ZAP_DATABASE_URL=jdbc:postgresql://host/name";
        return isRoot()
                ? "PostgreSQL does not run as root, so it runs in a user namespace (unshare --user), which not every system allows:"
                        + " starting zap as an ordinary user may help. " + elsewhere
                : elsewhere;
    }

    private static boolean isRoot() {
        return ProcessHandle.current().info().user().filter("root"::equals).isPresent();
    }

    private static String lastLines(Path file) {
        try {
            List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
            List<String> last = lines.subList(Math.max(0, lines.size() - LOG_LINES_IN_MESSAGES), lines.size());
            return last.isEmpty() ? "" : "\n" + String.join("\n", last);
        } catch (IOException _) {
            return "";
        }
    }
}
