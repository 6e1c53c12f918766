package zap.server.database;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import zap.server.database.BackupException.Status;

/**
 * {@code ./zap backup} and {@code ./zap restore}: programs of their own, without Spring.
 *
 * <p>The environment names the data folder ({@code ZAP_DATA}). With {@code ZAP_DATABASE_URL} the data is in an external
 * PostgreSQL, and both programs refuse to run.
 */
final class BackupCommand {

    private static final String HELP_BACKUP = """
            Usage: ./zap backup DIR

              DIR   the folder of the new backup: it is made, or is empty

            It copies the data of the server whose data folder is ZAP_DATA. The server goes on meanwhile; if none
            runs, its PostgreSQL is started for the backup. The backup is for its owner only, because it holds
            messages, keys and secrets.
            """;
    private static final String HELP_RESTORE = """
            Usage: ./zap restore [--wal FOLDER] [--of-another] DIR

              DIR            a backup that ./zap backup has made
              --wal FOLDER   play the write-ahead log that was archived there since the backup, too
              --of-another   replace the data of another server than the one that was backed up

            It puts the data of the backup into ZAP_DATA, where no server may run, and keeps what it replaces.
            """;

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);
    private static final Duration STARTS_WITHIN = Duration.ofMinutes(30);
    private static final Duration CLEANS_UP_WITHIN = Duration.ofSeconds(30);
    private static final int OK = 0;

    private final Map<String, String> environment;
    private final PrintStream out;
    private final PrintStream err;
    private final Clock clock;
    private final int newestSchema;
    private final Cancellation cancellation;

    /** @param newestSchema the newest version of the tables that this zap knows */
    BackupCommand(
            Map<String, String> environment,
            PrintStream out,
            PrintStream err,
            Clock clock,
            int newestSchema,
            Cancellation cancellation) {
        this.environment = environment;
        this.out = out;
        this.err = err;
        this.clock = clock;
        this.newestSchema = newestSchema;
        this.cancellation = cancellation;
    }

    public static void main(String[] args) {
        System.setProperty("logback.configurationFile", "zap/server/database/commands-logback.xml");
        var cancellation = new Cancellation();
        var ended = new CountDownLatch(1);
        // After Ctrl-C, unfinished work is removed before the process ends.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            cancellation.request();
            try {
                boolean _ = ended.await(CLEANS_UP_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }));
        int status;
        try {
            var command = new BackupCommand(
                    System.getenv(),
                    System.out,
                    System.err,
                    Clock.system(ZoneId.systemDefault()),
                    Schema.newestKnown(),
                    cancellation);
            status = command.run(List.of(args));
        } finally {
            ended.countDown();
        }
        System.exit(status);
    }

    /** Executes the command, and returns the program's exit code. */
    int run(List<String> arguments) {
        try {
            var words = new ArrayDeque<>(arguments);
            String command = words.isEmpty() ? "" : words.pop();
            switch (command) {
                case "backup" -> backup(words);
                case "restore" -> restore(words);
                default -> throw new BackupException(Status.USAGE, "There is no command \"" + command + "\".");
            }
            return OK;
        } catch (BackupException e) {
            return failed(e.status(), String.valueOf(e.getMessage()));
        } catch (DataFolderInUseException e) {
            return failed(Status.TEMPORARY, e.getMessage() + " Stop it first, then try again.");
        } catch (CannotUseDatabaseException e) {
            return failed(Status.UNAVAILABLE, e.getMessage() + " " + e.advice());
        } catch (NoSuchFileException e) {
            return failed(Status.IO_ERROR, "There is no " + e.getFile() + ".");
        } catch (FileSystemException e) {
            String reason = e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
            return failed(Status.IO_ERROR, e.getFile() + ": " + reason + ".");
        } catch (IOException e) {
            return failed(Status.IO_ERROR, "A file could not be read or written: " + e.getMessage() + ".");
        }
    }

    private int failed(Status status, String message) {
        err.println("zap: " + message);
        return status.code();
    }

    // Backup

    private void backup(Deque<String> words) throws BackupException, IOException {
        if (isHelp(words)) {
            out.print(HELP_BACKUP);
            return;
        }
        Path target = onlyFolder("backup", words);
        Path data = dataFolder();
        if (Files.notExists(data.resolve("postgresql/data/PG_VERSION"))) {
            throw new BackupException(
                    Status.NO_INPUT, "There is no data of a server in " + data + ". ZAP_DATA names another folder.");
        }
        data = data.toRealPath();
        boolean made = makeEmpty(target, data);
        BackupManifest manifest;
        try {
            manifest = backup(data, target.toRealPath());
            manifest.check(target, cancellation);
        } catch (BackupException | IOException | RuntimeException e) {
            try {
                remove(target, made);
            } catch (IOException left) {
                err.println("zap: What was copied could not be removed from " + target + ": " + left);
            }
            throw e;
        }
        out.printf(
                Locale.ROOT, "Backed up: %s, %s, read again and compared.%n", target.toRealPath(), described(manifest));
        out.println("It contains everything that was acknowledged before " + time(manifest) + ".");
        out.println("To restore it: ./zap restore " + target);
    }

    /** Copies a running PostgreSQL, and starts it first if it is not running. */
    private BackupManifest backup(Path data, Path target) throws BackupException, IOException {
        var backup = new Backup(data, target, clock, cancellation);
        try (var folder = DataFolder.open(data, "zap backup")) {
            StagedData.of(folder).discard();
            OwnPostgres postgres = OwnPostgres.startIn(folder, STARTS_WITHIN);
            try {
                return backup.make(version());
            } finally {
                postgres.stop();
            }
        } catch (DataFolderInUseException _) {
            return backup.make(version());
        }
    }

    /** Makes the folder, or takes an empty one; returns whether it was made. */
    private static boolean makeEmpty(Path target, Path data) throws BackupException, IOException {
        Path absolute = target.toAbsolutePath().normalize();
        for (String copied : List.of("postgresql", "certs", "scratch")) {
            if (absolute.startsWith(data.resolve(copied))) {
                throw new BackupException(
                        Status.USAGE,
                        "The backup would be in the data that is backed up: " + target + ". Choose a folder outside.");
            }
        }
        boolean made = Files.notExists(target);
        if (made) {
            if (absolute.getParent() != null) {
                Files.createDirectories(absolute.getParent());
            }
            Files.createDirectory(absolute, DataFolder.OWNER_ONLY_FOLDER);
            return true;
        }
        if (!Files.isDirectory(target)) {
            throw new BackupException(Status.CANNOT_CREATE, target + " is not a folder.");
        }
        try (var content = Files.list(target)) {
            if (content.findAny().isPresent()) {
                throw new BackupException(
                        Status.CANNOT_CREATE,
                        target + " is not empty"
                                + (Files.exists(target.resolve(BackupManifest.NAME))
                                        ? ": it is a backup already. Choose another folder for this one."
                                        : Files.exists(target.resolve("postgresql"))
                                                ? ": it has a backup that was not finished. Delete it, or "
                                                        + "choose another folder."
                                                : ". Choose another folder, or an empty one."));
            }
        }
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwx------"));
        return false;
    }

    private static void remove(Path target, boolean made) throws IOException {
        DataFolder.delete(target);
        if (!made) {
            Files.createDirectory(target, DataFolder.OWNER_ONLY_FOLDER);
        }
    }

    // Restore

    private void restore(Deque<String> words) throws BackupException, IOException {
        if (isHelp(words)) {
            out.print(HELP_RESTORE);
            return;
        }
        boolean ofAnother = false;
        @Nullable Path log = null;
        while (!words.isEmpty() && words.peek().startsWith("--")) {
            String option = words.pop();
            switch (option) {
                case "--of-another" -> ofAnother = true;
                case "--wal" -> log = logFolder(words.poll());
                default ->
                    throw new BackupException(
                            Status.USAGE, "There is no option " + option + ". See: ./zap restore --help");
            }
        }
        Path backup = onlyFolder("restore", words);
        Path data = dataFolder();
        var manifest = BackupManifest.read(backup);
        Restore.checkKnownTables(manifest, newestSchema);
        Restore.Done done;
        try (var folder = DataFolder.open(data, "zap restore")) {
            var restore = new Restore(folder, backup, manifest, clock, cancellation);
            restore.checkPlace(ofAnother);
            manifest.check(backup, cancellation);
            out.println("Checked: " + described(manifest) + ", of " + time(manifest) + ".");
            done = restore.run(log);
        }
        report(data.toRealPath(), manifest, done, log != null);
    }

    private static Path logFolder(@Nullable String word) throws BackupException {
        if (word == null) {
            throw new BackupException(Status.USAGE, "--wal needs a folder. See: ./zap restore --help");
        }
        if (!Files.isDirectory(Path.of(word))) {
            throw new BackupException(Status.NO_INPUT, "There is no folder " + word + ".");
        }
        return Path.of(word);
    }

    private void report(Path data, BackupManifest manifest, Restore.Done done, boolean withLog) {
        out.println("Restored: " + data + ". PostgreSQL has started from it once, and stopped.");
        if (done.replaced() != null) {
            out.println("What was there before is kept in " + done.replaced()
                    + "; delete that folder when you no longer need it.");
        }
        if (done.archives()) {
            out.println("It archives its write-ahead log. Make a backup after its start: the log from here on "
                    + "belongs to that one."
                    + (withLog
                            ? ""
                            : " Let it archive into another folder, because this one belongs to the "
                                    + "backups from before."));
        }
        String since = withLog ? "the end of the archived log" : time(manifest);
        out.printf("""

                Start the server now: ./zap server. The state is that of %s. What clients will see:
                  - Clients with assured sessions (./zap shell) send again what the server has stored since.
                    zap clients show no message twice.
                  - They say once that the server has lost some of its history.
                  - Messages that base clients have sent since, and that were not delivered before the restore, are
                    lost. Base clients may get messages again that they have got since.
                  - Clients and groups that are newer are unknown to the server. Such clients have to register again;
                    such a group is made again by a zap client that sends a message to it.
                """, since);
    }

    // Common

    private static boolean isHelp(Deque<String> words) {
        return words.contains("--help") || words.contains("-h");
    }

    private static Path onlyFolder(String command, Deque<String> words) throws BackupException {
        String word = words.poll();
        if (word == null || word.isBlank() || word.startsWith("-") || !words.isEmpty()) {
            throw new BackupException(
                    Status.USAGE, "zap " + command + " needs one folder. See: ./zap " + command + " --help");
        }
        return Path.of(word);
    }

    private Path dataFolder() throws BackupException {
        if (!environment.getOrDefault("ZAP_DATABASE_URL", "").isBlank()) {
            throw new BackupException(
                    Status.USAGE,
                    "ZAP_DATABASE_URL names a PostgreSQL that zap does not run itself: back it up and restore "
                            + "it with its own tools.");
        }
        return Path.of(environment.getOrDefault("ZAP_DATA", "var")).toAbsolutePath();
    }

    private static String described(BackupManifest manifest) {
        return String.format(
                Locale.ROOT,
                "%,d files, %,d MB (zap %s, tables of version %d, PostgreSQL %s)",
                manifest.files().size(),
                manifest.bytes() >> 20,
                manifest.origin().zap(),
                manifest.origin().schema(),
                manifest.origin().postgresql());
    }

    private String time(BackupManifest manifest) {
        return TIME.format(manifest.origin().time().atZone(clock.getZone()));
    }

    /** Returns this build's version. */
    private static String version() throws IOException {
        try (InputStream file = BackupCommand.class.getResourceAsStream("/META-INF/build-info.properties")) {
            if (file == null) {
                return "unknown";
            }
            var properties = new Properties();
            properties.load(file);
            return properties.getProperty("build.version", "unknown");
        }
    }
}
