package zap.server.database;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import zap.server.database.BackupException.Status;

/**
 * Puts the data of a backup in place of a server's data.
 *
 * <p>The present data stays in place until the new data has proved that it starts: a copy beside it is recovered by
 * PostgreSQL, compared with the manifest, and stopped again. Only then two renames exchange them. A restore that is
 * killed before that has changed nothing. One that is killed between the renames is finished by the next {@link
 * DataFolder#open}. The replaced data is kept.
 */
final class Restore {

    /** Maximum time of the recovery, in which PostgreSQL may replay a whole archive. */
    private static final Duration RECOVERS_WITHIN = Duration.ofHours(12);

    private static final Duration LOOK_EVERY = Duration.ofMillis(100);

    private static final DateTimeFormatter MOMENT =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    /**
     * Asks whether the server's own settings archive the log. The settings for the recovery, which follow them, switch
     * that off.
     */
    private static final String ARCHIVES =
            "select exists (select from pg_file_settings where name = 'archive_mode' and setting in ('on', 'always'))";

    private static final Pattern UNQUOTABLE = Pattern.compile("[\"'\\\\$`\n]");
    private static final String FOLDER = "postgresql";
    private static final int LOG_LINES = 5;

    /** Space for binaries, the log of the first minutes, and the files that PostgreSQL makes anew. */
    private static final long SPACE_BESIDE = 200L << 20;

    private final DataFolder folder;
    private final DataFolder staged;
    private final Path backup;
    private final BackupManifest manifest;
    private final Clock clock;
    private final Cancellation cancellation;

    /**
     * A finished restore.
     *
     * @param replaced the place of the former data, if there was any
     * @param archives whether the restored PostgreSQL archives its write-ahead log
     */
    record Done(@Nullable Path replaced, boolean archives) {}

    /**
     * @param folder the data folder, open and so with its lock
     * @param backup the backup's folder
     */
    Restore(DataFolder folder, Path backup, BackupManifest manifest, Clock clock, Cancellation cancellation) {
        this.folder = folder;
        this.staged = folder.staged();
        this.backup = backup;
        this.manifest = manifest;
        this.clock = clock;
        this.cancellation = cancellation;
    }

    /** Refuses a backup that a newer zap made, because this one does not know the meaning of its tables. */
    static void checkKnownTables(BackupManifest manifest, int newestKnown) throws BackupException {
        if (manifest.origin().schema() > newestKnown) {
            throw new BackupException(
                    Status.BAD_BACKUP,
                    ("A newer zap (%s, tables of version %s) made this backup, and this zap knows tables up to "
                                    + "version %s. Restore it with that zap.")
                            .formatted(
                                    manifest.origin().zap(), manifest.origin().schema(), newestKnown));
        }
    }

    /**
     * Refuses when the backup does not fit this folder: a PostgreSQL runs here, or the data is another server's.
     *
     * @param ofAnother whether data of another server may be replaced
     */
    void checkPlace(boolean ofAnother) throws BackupException, IOException {
        Optional<ProcessHandle> running = OwnPostgres.recordedPostmaster(folder);
        if (running.isPresent()) {
            throw new BackupException(
                    Status.TEMPORARY,
                    ("PostgreSQL (pid %s) of a server that was killed still runs on the data in %s. Start that "
                                    + "server and stop it, or end the process (kill -INT %s); then try again.")
                            .formatted(
                                    running.get().pid(),
                                    folder.root(),
                                    running.get().pid()));
        }
        Optional<String> present = presentSystem();
        if (!ofAnother
                && present.isPresent()
                && !present.get().equals(manifest.origin().system())) {
            throw new BackupException(
                    Status.BAD_BACKUP,
                    ("This backup is of another server (%s) than the data in %s (%s). To replace that data "
                                    + "nevertheless: ./zap restore --of-another %s")
                            .formatted(manifest.origin().system(), folder.root(), present.get(), backup));
        }
    }

    /**
     * Returns PostgreSQL's number of the present cluster; nothing if there is none, or one whose control file is lost.
     */
    private Optional<String> presentSystem() throws IOException {
        Path control = folder.cluster().resolve("global/pg_control");
        if (Files.notExists(control)) {
            return Optional.empty();
        }
        var number = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
        try (FileChannel channel = FileChannel.open(control, StandardOpenOption.READ)) {
            channel.read(number);
        }
        return number.hasRemaining()
                ? Optional.empty()
                : Optional.of(Long.toUnsignedString(number.flip().getLong()));
    }

    /**
     * Restores, after the backup and the place were checked.
     *
     * @param log a folder with the archived write-ahead log since the backup, to be replayed to its end
     * @throws BackupException when it fails; the present data is unchanged then
     */
    Done run(@Nullable Path log) throws BackupException, IOException {
        checkSpace();
        StagedData leftover = StagedData.of(folder);
        leftover.discard();
        try {
            checkSamePostgres();
            copy();
            boolean archives = recover(log);
            addMissing();
            cancellation.check();
            return new Done(exchange(), archives);
        } catch (BackupException | IOException | RuntimeException e) {
            try {
                leftover.discard();
            } catch (IOException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }

    private void checkSpace() throws BackupException, IOException {
        long needed = manifest.bytes() + SPACE_BESIDE;
        long free = Files.getFileStore(folder.root()).getUsableSpace();
        if (free < needed) {
            throw new BackupException(
                    Status.IO_ERROR,
                    ("The disk with %s has %s MB free, and the restored data needs %s MB beside the present "
                                    + "data. Free space, or restore into another folder (ZAP_DATA).")
                            .formatted(folder.root(), free >> 20, needed >> 20));
        }
    }

    /** Refuses a backup of another major version of PostgreSQL, which cannot read the files. */
    private void checkSamePostgres() throws BackupException, IOException {
        Files.createDirectory(staged.postgresql(), DataFolder.OWNER_ONLY_FOLDER);
        Binaries.copy(folder.postgresql(), staged.postgresql());
        String here = Binaries.version(Binaries.unpackedIn(staged.postgresql()));
        String there = manifest.origin().postgresql();
        if (!major(here).equals(major(there))) {
            throw new BackupException(
                    Status.BAD_BACKUP,
                    ("PostgreSQL %s wrote this backup, and this zap brings %s, which cannot read it. Restore it "
                                    + "with zap %s.")
                            .formatted(there, here, manifest.origin().zap()));
        }
    }

    private static String major(String version) {
        return version.replaceFirst("\\D.*", "");
    }

    private void copy() throws BackupException, IOException {
        var copies = new CheckedCopies(folder.root(), cancellation);
        for (String name : manifest.folders()) {
            if (name.startsWith(FOLDER + "/")) {
                copies.addFolder(stagedName(name));
            }
        }
        for (BackupManifest.Entry file : manifest.files()) {
            if (file.name().startsWith(FOLDER + "/")) {
                copy(file, stagedName(file.name()), copies);
            }
        }
        if (Files.exists(folder.portFile())) {
            copies.add(folder.portFile(), stagedName(FOLDER + "/port"));
        }
        copies.sync();
    }

    private String stagedName(String name) {
        return staged.postgresql().getFileName() + name.substring(FOLDER.length());
    }

    private void copy(BackupManifest.Entry file, String name, CheckedCopies copies)
            throws BackupException, IOException {
        Optional<BackupManifest.Entry> copied = copies.add(backup.resolve(file.name()), name);
        boolean same = copied.filter(
                        copy -> copy.bytes() == file.bytes() && copy.sha256().equals(file.sha256()))
                .isPresent();
        if (!same) {
            throw new BackupException(
                    Status.BAD_BACKUP,
                    "The backup changed while it was read: " + file.name() + ". Nothing was changed here.");
        }
    }

    /** Lets PostgreSQL replay the log, and compares the result with the manifest. */
    private boolean recover(@Nullable Path log) throws BackupException, IOException {
        Path settings = staged.cluster().resolve("postgresql.auto.conf");
        String before = Files.exists(settings) ? Files.readString(settings) : "";
        Files.writeString(settings, before + recoverySettings(log));
        Files.createFile(staged.cluster().resolve("recovery.signal"));
        boolean archives;
        try {
            OwnPostgres postgres = OwnPostgres.startIn(staged, RECOVERS_WITHIN);
            try {
                archives = compare(postgres);
            } finally {
                postgres.stop();
            }
        } catch (CannotUseDatabaseException | SQLException e) {
            throw doesNotStart(String.valueOf(e.getMessage()));
        }
        Files.writeString(settings, before);
        CheckedCopies.sync(settings);
        return archives;
    }

    /**
     * Returns the settings for the time of the recovery.
     *
     * <p>It is an archive recovery even without an archive, because that begins a new timeline: an archive that the old
     * and the restored server share must not have their logs under the same names. Nothing is archived meanwhile,
     * because this data may be discarded.
     */
    private static String recoverySettings(@Nullable Path log) throws BackupException {
        String command = log == null ? "false" : "cp \"" + quoted(log) + "/%f\" \"%p\"";
        return "\narchive_mode = 'off'\nrestore_command = '" + command + "'\n";
    }

    /** Returns the path quoted for a shell, and then for PostgreSQL's settings. */
    private static String quoted(Path log) throws BackupException {
        String path = log.toAbsolutePath().toString();
        if (UNQUOTABLE.matcher(path).find()) {
            throw new BackupException(
                    Status.USAGE,
                    "The name of the folder " + log + " has a quote, $ or \\ in it. Give it another name.");
        }
        return path.replace("%", "%%");
    }

    private boolean compare(OwnPostgres postgres) throws SQLException, BackupException {
        try (var connection = DriverManager.getConnection(
                        postgres.getJdbcUrl(), postgres.getUsername(), postgres.getPassword());
                Statement statement = connection.createStatement()) {
            awaitEndOfRecovery(statement);
            String system = SingleValueQuery.to(statement, "select system_identifier from pg_control_system()");
            int schema = Schema.of(statement);
            if (!system.equals(manifest.origin().system())
                    || schema < manifest.origin().schema()) {
                throw doesNotStart("it is the cluster %s with tables of version %s, and the manifest says %s and %s"
                        .formatted(
                                system,
                                schema,
                                manifest.origin().system(),
                                manifest.origin().schema()));
            }
            return SingleValueQuery.to(statement, ARCHIVES).equals("t");
        } catch (Schema.NoneException _) {
            throw doesNotStart("it has no tables of zap");
        }
    }

    /**
     * Waits for the end of the recovery. While it replays the log, PostgreSQL counts as started and can be read
     * already.
     */
    private void awaitEndOfRecovery(Statement statement) throws SQLException, BackupException {
        while (SingleValueQuery.to(statement, "select pg_is_in_recovery()").equals("t")) {
            cancellation.check();
            try {
                // PostgreSQL offers no way to wait for that.
                Thread.sleep(LOOK_EVERY);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                throw new BackupException(Status.TEMPORARY, "Interrupted.");
            }
        }
    }

    private BackupException doesNotStart(String reason) {
        return new BackupException(
                Status.BAD_BACKUP,
                ("PostgreSQL does not start from this backup, so nothing was changed: the data in %s is as it "
                                + "was. Take another backup. PostgreSQL said: %s%s")
                        .formatted(folder.root(), reason, lastLines()));
    }

    /** Returns the last lines of PostgreSQL's own log, which is about to be deleted. */
    private String lastLines() {
        var lines = new StringBuilder();
        try (DirectoryStream<Path> logs =
                Files.newDirectoryStream(staged.cluster().resolve("log"))) {
            for (Path log : logs) {
                List<String> all = Files.readAllLines(log);
                all.subList(Math.max(0, all.size() - LOG_LINES), all.size())
                        .forEach(line -> lines.append('\n').append(line));
            }
        } catch (IOException _) {
            // Then there is no log.
        }
        return lines.toString();
    }

    /** Exchanges the data, and returns the new place of the present data, if there was any. */
    private @Nullable Path exchange() throws IOException {
        Path replaced = folder.replaced(MOMENT.format(clock.instant()));
        boolean had = Files.exists(folder.cluster());
        // From here on the data counts as complete at a start, if this process is killed between the next two moves.
        move(staged.postgresql(), folder.restored());
        CheckedCopies.sync(folder.root());
        move(folder.postgresql(), replaced);
        try {
            move(folder.restored(), folder.postgresql());
        } catch (IOException e) {
            move(replaced, folder.postgresql());
            throw e;
        }
        CheckedCopies.sync(folder.root());
        if (had) {
            return replaced;
        }
        DataFolder.delete(replaced);
        return null;
    }

    private static void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * Adds files of the backup that are missing. Token and certificates in the data folder may be newer than those of
     * the backup, so they stay.
     */
    private void addMissing() throws BackupException, IOException {
        var copies = new CheckedCopies(folder.root(), cancellation);
        boolean certificates = isThere("certs");
        for (String name : manifest.folders()) {
            if (name.startsWith("certs") && !certificates) {
                copies.addFolder(name);
            }
        }
        for (BackupManifest.Entry file : manifest.files()) {
            boolean missing = file.name().startsWith("certs/") ? !certificates : !isThere(file.name());
            if (!file.name().startsWith(FOLDER + "/") && missing) {
                copy(file, file.name(), copies);
            }
        }
        copies.sync();
    }

    private boolean isThere(String name) {
        return Files.exists(folder.root().resolve(name), LinkOption.NOFOLLOW_LINKS);
    }
}
