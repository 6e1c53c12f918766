package zap.server.database;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import zap.server.database.BackupException.Status;

/**
 * A copy of a running PostgreSQL of a server's own, made without stopping it.
 *
 * <p>PostgreSQL's files change while they are copied. That is repaired at the first start of the copy, from the
 * write-ahead log between the two LSNs of PostgreSQL's low-level backup functions; so the copy has that log, too. A
 * temporary replication slot keeps the log until it is copied. It belongs to our connection and ends with it, whatever
 * kills this process.
 */
final class Backup {

    /** The folders of the cluster whose content a restored one makes anew. */
    private static final Set<String> LEFT_EMPTY = Set.of(
            "log",
            "pg_dynshmem",
            "pg_notify",
            "pg_replslot",
            "pg_serial",
            "pg_snapshots",
            "pg_stat_tmp",
            "pg_subtrans",
            "pg_wal");

    /** The files of the running process or of its session, and the labels of other backups. */
    private static final Pattern LEFT_OUT =
            Pattern.compile("postmaster\\.(pid|opts)|current_logfiles.*|pg_internal\\.init.*|pgsql_tmp.*"
                    + "|t\\d+_\\d+.*|postgresql\\.auto\\.conf\\.tmp|backup_label.*|tablespace_map.*|backup_manifest"
                    + "|(recovery|standby)\\.signal");

    private static final String CLUSTER = "postgresql/data";
    private static final String CONTROL_FILE = "global/pg_control";

    /** The connection is lost, or PostgreSQL is starting or stopping. */
    private static final Pattern AWAY = Pattern.compile("08...|57P..");

    private final Path data;
    private final Path cluster;
    private final Path target;
    private final CheckedCopies copies;
    private final Clock clock;

    /**
     * @param data the data folder of the server
     * @param target the backup's folder: it exists and is empty
     */
    Backup(Path data, Path target, Clock clock, Cancellation cancellation) {
        this.data = data;
        this.cluster = data.resolve(CLUSTER);
        this.target = target;
        this.clock = clock;
        this.copies = new CheckedCopies(target, cancellation);
    }

    /**
     * Makes the backup. It is complete, durable and has its manifest when this returns.
     *
     * @param zap the version of zap
     * @throws BackupException when PostgreSQL cannot be used; the target is then unusable
     */
    BackupManifest make(String zap) throws BackupException, IOException {
        copies.addFolder("postgresql");
        addIfThere("postgresql/password");
        addIfThere("admin.token");
        if (Files.isDirectory(data.resolve("certs"))) {
            copies.addFolder("certs");
            addContent(data.resolve("certs"), "certs/");
        }
        BackupManifest.Origin origin = copyCluster(zap);
        copies.sync();
        var manifest = new BackupManifest(origin, copies.folders(), copies.files());
        write(manifest);
        return manifest;
    }

    private void addIfThere(String name) throws IOException, BackupException {
        if (Files.exists(data.resolve(name))) {
            copies.add(data.resolve(name), name);
        }
    }

    private BackupManifest.Origin copyCluster(String zap) throws BackupException, IOException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            checkIsOurs(SingleValueQuery.to(statement, "show data_directory"));
            int schema = schema(statement);
            SingleValueQuery.to(
                    statement,
                    "select lsn from pg_create_physical_replication_slot('zap_backup_"
                            + ProcessHandle.current().pid() + "', true, true)");
            String start = SingleValueQuery.to(statement, "select pg_backup_start('zap backup', true)");
            String startSegment = SingleValueQuery.to(statement, "select pg_walfile_name('" + start + "')");
            copyFiles();
            Instant time = clock.instant();
            String stop;
            try (ResultSet stopped =
                    statement.executeQuery("select lsn, labelfile, spcmapfile from pg_backup_stop(false)")) {
                stopped.next();
                stop = stopped.getString(1);
                addText(stopped.getString(2), "/backup_label");
                addText(stopped.getString(3), "/tablespace_map");
            }
            int timeline = Integer.parseInt(startSegment.substring(0, 8), 16);
            copyLog(WalSegments.between(
                    timeline,
                    WalSegments.lsn(start),
                    WalSegments.lsn(stop),
                    Long.parseLong(SingleValueQuery.to(
                            statement, "select setting from pg_settings where name = 'wal_segment_size'"))));
            if (schema(statement) != schema) {
                throw new BackupException(
                        Status.TEMPORARY,
                        "The server has changed its tables while they were copied, as it does at its first start after"
                                + " an upgrade. Try again.");
            }
            return new BackupManifest.Origin(
                    zap,
                    SingleValueQuery.to(statement, "show server_version"),
                    schema,
                    SingleValueQuery.to(statement, "select system_identifier from pg_control_system()"),
                    timeline,
                    start,
                    stop,
                    time);
        } catch (SQLException e) {
            throw notDone(e);
        }
    }

    private Connection connect() throws IOException, SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:%1$s,[::1]:%1$s".formatted(read("postgresql/port"))
                        + "/zap?ApplicationName=zap-backup&connectTimeout=10",
                "zap",
                read("postgresql/password"));
    }

    private String read(String name) throws IOException {
        return Files.readString(data.resolve(name)).strip();
    }

    private static BackupException notDone(SQLException e) {
        String state = String.valueOf(e.getSQLState());
        return AWAY.matcher(state).matches()
                ? new BackupException(
                        Status.TEMPORARY,
                        "The server's PostgreSQL does not answer, or no longer: is the server starting or "
                                + "stopping? Try again. ("
                                + e.getMessage() + ")")
                : new BackupException(Status.UNAVAILABLE, "PostgreSQL refused the backup: " + e.getMessage());
    }

    /**
     * Checks that this is the PostgreSQL of our data folder. The port may have gone to a copy of it with the same
     * password.
     */
    private void checkIsOurs(String directory) throws IOException, BackupException {
        if (!Files.isSameFile(Path.of(directory), cluster)) {
            throw new BackupException(
                    Status.UNAVAILABLE,
                    "The PostgreSQL on the port in " + data.resolve("postgresql/port") + " has its data in " + directory
                            + " and not in " + cluster + ".");
        }
    }

    private static int schema(Statement statement) throws SQLException, BackupException {
        try {
            return Schema.of(statement);
        } catch (Schema.NoneException e) {
            throw new BackupException(
                    Status.NO_INPUT, "There is nothing to back up yet: no server has made its tables in this data.");
        }
    }

    private void addText(@Nullable String text, String name) throws IOException {
        if (text != null && !text.isEmpty()) {
            copies.add(text.getBytes(StandardCharsets.UTF_8), CLUSTER + name);
        }
    }

    private void copyFiles() throws IOException, BackupException {
        copies.addFolder(CLUSTER);
        addContent(cluster, CLUSTER + "/");
        copies.add(controlFile(), CLUSTER + "/" + CONTROL_FILE);
    }

    /** Adds a folder whose files may appear and vanish meanwhile. */
    private void addContent(Path folder, String prefix) throws IOException, BackupException {
        var paths = new ArrayList<Path>();
        try (DirectoryStream<Path> content = Files.newDirectoryStream(folder)) {
            content.forEach(paths::add);
        } catch (NoSuchFileException | NotDirectoryException _) {
            // A database or a table that was dropped meanwhile. The write-ahead log contains the drop, too.
        }
        for (Path path : paths) {
            add(path, prefix + path.getFileName());
        }
    }

    private void add(Path path, String name) throws IOException, BackupException {
        String inCluster = name.startsWith(CLUSTER) ? name.substring(CLUSTER.length() + 1) : "";
        if (LEFT_EMPTY.contains(inCluster)) {
            copies.addFolder(name);
            return;
        }
        boolean leftOut = !inCluster.isEmpty()
                && (inCluster.equals(CONTROL_FILE)
                        || LEFT_OUT.matcher(String.valueOf(path.getFileName())).matches());
        if (leftOut) {
            return;
        }
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException _) {
            return;
        }
        if (attributes.isDirectory()) {
            copies.addFolder(name);
            addContent(path, name + "/");
        } else if (attributes.isRegularFile() && !name.contains("\n")) {
            copies.add(path, name);
        } else {
            throw new BackupException(
                    Status.UNAVAILABLE,
                    path + " is neither a folder nor an ordinary file (a tablespace, perhaps), which zap backup"
                            + " cannot copy.");
        }
    }

    /**
     * Reads the control file until two readings agree, because it is overwritten in place, and half of each version
     * would be invalid.
     */
    private byte[] controlFile() throws IOException {
        byte[] before;
        byte[] now = Files.readAllBytes(cluster.resolve(CONTROL_FILE));
        do {
            before = now;
            now = Files.readAllBytes(cluster.resolve(CONTROL_FILE));
        } while (!Arrays.equals(before, now));
        return now;
    }

    /**
     * Copies the segments of the write-ahead log. The last one is complete, because pg_backup_stop has begun the next
     * one.
     */
    private void copyLog(List<String> segments) throws IOException, BackupException {
        Path log = cluster.resolve("pg_wal");
        for (String segment : segments) {
            if (copies.add(log.resolve(segment), CLUSTER + "/pg_wal/" + segment).isEmpty()) {
                throw new BackupException(
                        Status.UNAVAILABLE,
                        "PostgreSQL has removed a file that the backup needs: " + log.resolve(segment));
            }
        }
        try (DirectoryStream<Path> histories = Files.newDirectoryStream(log, "*.history")) {
            for (Path history : histories) {
                copies.add(history, CLUSTER + "/pg_wal/" + history.getFileName());
            }
        }
    }

    /**
     * Writes the manifest under another name and renames it, so that a file with the manifest's name is always
     * complete.
     */
    private void write(BackupManifest manifest) throws IOException {
        Path making = target.resolve(BackupManifest.NAME + ".new");
        try (FileChannel out = DataFolder.createOwnerOnly(making)) {
            CheckedCopies.write(out, StandardCharsets.UTF_8.encode(manifest.text()));
            out.force(true);
        }
        Files.move(making, target.resolve(BackupManifest.NAME), StandardCopyOption.ATOMIC_MOVE);
        CheckedCopies.sync(target);
    }
}
