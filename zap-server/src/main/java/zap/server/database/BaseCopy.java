package zap.server.database;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
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
 * A copy of the cluster of a running PostgreSQL of a server's own, made without stopping it: for a backup, or for a
 * standby.
 *
 * <p>PostgreSQL's files change while they are copied. That is repaired at the first start of the copy, from the
 * write-ahead log between the two LSNs of PostgreSQL's low-level backup functions; so the copy has that log, too. A
 * temporary replication slot keeps the log until it is copied. It belongs to our connection and ends with it, whatever
 * kills this process.
 */
final class BaseCopy {

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

    private static final String CONTROL_FILE = "global/pg_control";

    private final Path cluster;
    private final CheckedCopies copies;
    private final String target;

    /**
     * The part of the write-ahead log that makes a copy consistent.
     *
     * @param start the LSN at which the copy began
     * @param stop the LSN at which it ended
     * @param end the time at which it ended: all that was committed before is in it
     */
    record Span(int timeline, String start, String stop, Instant end) {}

    /**
     * @param cluster the folder of the running PostgreSQL
     * @param target the name of the copy in {@code copies}
     */
    BaseCopy(Path cluster, CheckedCopies copies, String target) {
        this.cluster = cluster;
        this.copies = copies;
        this.target = target;
    }

    /**
     * Copies the cluster.
     *
     * @param statement of a connection to this PostgreSQL, which nothing else uses meanwhile
     */
    Span make(Statement statement, Clock clock) throws SQLException, BackupException, IOException {
        SingleValueQuery.to(
                statement,
                "select lsn from pg_create_physical_replication_slot('zap_backup_"
                        + ProcessHandle.current().pid() + "', true, true)");
        String start = SingleValueQuery.to(statement, "select pg_backup_start('zap backup', true)");
        String startSegment = SingleValueQuery.to(statement, "select pg_walfile_name('" + start + "')");
        addTree(cluster, target);
        copies.add(controlFile(), target + "/" + CONTROL_FILE);
        Instant end = clock.instant();
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
        return new Span(timeline, start, stop, end);
    }

    private void addText(@Nullable String text, String name) throws IOException {
        if (text != null && !text.isEmpty()) {
            copies.add(text.getBytes(StandardCharsets.UTF_8), target + name);
        }
    }

    /** Adds a folder with its content, whose files may appear and vanish meanwhile. */
    void addTree(Path folder, String name) throws IOException, BackupException {
        copies.addFolder(name);
        addContent(folder, name + "/");
    }

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
        String inCluster = name.startsWith(target + "/") ? name.substring(target.length() + 1) : "";
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
                    path + " is neither a folder nor an ordinary file (a tablespace, perhaps), which zap"
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
            if (copies.add(log.resolve(segment), target + "/pg_wal/" + segment).isEmpty()) {
                throw new BackupException(
                        Status.UNAVAILABLE,
                        "PostgreSQL has removed a file that the backup needs: " + log.resolve(segment));
            }
        }
        try (DirectoryStream<Path> histories = Files.newDirectoryStream(log, "*.history")) {
            for (Path history : histories) {
                copies.add(history, target + "/pg_wal/" + history.getFileName());
            }
        }
    }
}
