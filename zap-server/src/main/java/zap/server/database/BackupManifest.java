package zap.server.database;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import zap.server.database.BackupException.Status;

/**
 * The table of contents of a backup: its origin, and size and SHA-256 of each file.
 *
 * <p>It is a text file. Its last line is the SHA-256 of all lines above, so a cut or changed manifest is recognised. It
 * is written last: a folder without one is not a complete backup.
 *
 * @param folders relative names; a folder comes after its parent
 * @param files relative names, '/' between their parts
 */
record BackupManifest(Origin origin, List<String> folders, List<Entry> files) {

    /** The file's name in the backup's folder. */
    static final String NAME = "manifest";

    private static final String TITLE = "zap-backup ";
    private static final int FORMAT = 1;
    private static final int SHOWN_FAULTS = 3;

    /**
     * The origin of a backup.
     *
     * @param zap the version of zap that made it
     * @param postgresql the version of PostgreSQL that wrote the data
     * @param schema the version of zap's tables: the number of the last migration
     * @param system PostgreSQL's number of the cluster, which no two clusters share
     * @param timeline PostgreSQL's number of this branch of the cluster's history
     * @param start the position in the write-ahead log at which recovery begins
     * @param stop the position in the write-ahead log at which the data is consistent
     * @param time the backup contains everything that was acknowledged before this time
     */
    record Origin(
            String zap,
            String postgresql,
            int schema,
            String system,
            int timeline,
            String start,
            String stop,
            Instant time) {}

    /** One file of a backup. */
    record Entry(String name, long bytes, String sha256) {}

    long bytes() {
        return files.stream().mapToLong(Entry::bytes).sum();
    }

    /** Returns the text of the file. */
    String text() {
        var lines = new StringBuilder();
        lines.append(TITLE).append(FORMAT).append('\n');
        lines.append("zap ").append(origin.zap).append('\n');
        lines.append("postgresql ").append(origin.postgresql).append('\n');
        lines.append("schema ").append(origin.schema).append('\n');
        lines.append("system ").append(origin.system).append('\n');
        lines.append("timeline ").append(origin.timeline).append('\n');
        lines.append("start ").append(origin.start).append('\n');
        lines.append("stop ").append(origin.stop).append('\n');
        lines.append("time ").append(origin.time).append('\n');
        folders.forEach(folder -> lines.append("folder ").append(folder).append('\n'));
        files.forEach(file -> lines.append("file ")
                .append(file.bytes)
                .append(' ')
                .append(file.sha256)
                .append(' ')
                .append(file.name)
                .append('\n'));
        String above = lines.toString();
        return above + "sum " + CheckedCopies.sha256(above.getBytes(UTF_8)) + "\n";
    }

    /**
     * Reads the manifest of a backup.
     *
     * @throws BackupException when the folder is no complete backup, or one of a newer zap
     */
    static BackupManifest read(Path backup) throws BackupException, IOException {
        if (!Files.isDirectory(backup)) {
            throw new BackupException(Status.NO_INPUT, "There is no folder " + backup + ".");
        }
        try {
            return parse(Files.readString(backup.resolve(NAME), ISO_8859_1));
        } catch (NoSuchFileException _) {
            throw new BackupException(
                    Status.BAD_BACKUP,
                    backup + " is not a complete backup, because it has no manifest. It is something else, or was not"
                            + " finished: take another one.");
        }
    }

    /** @param latin the bytes of the file, one character each, so that no byte gets lost before the sum is checked */
    static BackupManifest parse(String latin) throws BackupException {
        String first = latin.lines().findFirst().orElse("");
        if (!first.startsWith(TITLE)) {
            throw new BackupException(
                    Status.BAD_BACKUP, "Its manifest is not one of zap's: zap restores only what ./zap backup made.");
        }
        if (!first.equals(TITLE + FORMAT)) {
            throw new BackupException(
                    Status.BAD_BACKUP,
                    "This backup has another format (\"" + first + "\") than this zap knows (" + FORMAT
                            + "). Restore it with the zap that made it.");
        }
        int last = latin.lastIndexOf("\nsum ") + 1;
        byte[] above = latin.substring(0, last).getBytes(ISO_8859_1);
        if (!latin.substring(last).equals("sum " + CheckedCopies.sha256(above) + "\n")) {
            throw damaged();
        }
        try {
            return parse(
                    new ArrayDeque<>(new String(above, UTF_8).lines().skip(1).toList()));
        } catch (DateTimeException | IllegalArgumentException | NullPointerException _) {
            throw damaged();
        }
    }

    private static BackupManifest parse(Deque<String> lines) {
        var origin = new Origin(
                value("zap", lines),
                value("postgresql", lines),
                Integer.parseInt(value("schema", lines)),
                value("system", lines),
                Integer.parseInt(value("timeline", lines)),
                value("start", lines),
                value("stop", lines),
                Instant.parse(value("time", lines)));
        var folders = new ArrayList<String>();
        while (Objects.requireNonNullElse(lines.peek(), "").startsWith("folder ")) {
            folders.add(name(value("folder", lines)));
        }
        var files = new ArrayList<Entry>();
        while (!lines.isEmpty()) {
            String[] parts = value("file", lines).split(" ", 3);
            if (parts.length != 3) {
                throw new IllegalArgumentException("a file without a name");
            }
            files.add(new Entry(name(parts[2]), Long.parseLong(parts[0]), parts[1]));
        }
        return new BackupManifest(origin, List.copyOf(folders), List.copyOf(files));
    }

    private static String value(String key, Deque<String> lines) {
        String line = Objects.requireNonNull(lines.poll());
        if (!line.startsWith(key + " ")) {
            throw new IllegalArgumentException(key + " is missing");
        }
        return line.substring(key.length() + 1);
    }

    /** Returns the name, which must stay in the folder that it is resolved against. */
    private static String name(String name) {
        Path path = Path.of(name);
        if (name.isEmpty() || path.isAbsolute() || !path.normalize().equals(path) || path.startsWith("..")) {
            throw new IllegalArgumentException("a name that leads somewhere else: " + name);
        }
        return name;
    }

    private static BackupException damaged() {
        return new BackupException(
                Status.BAD_BACKUP, "This backup is damaged: its manifest was changed or cut. Take another one.");
    }

    /**
     * Reads every file of the backup and compares size and sum with the manifest.
     *
     * @throws BackupException when a file is missing or differs
     */
    void check(Path backup, Cancellation cancellation) throws BackupException, IOException {
        var faults = new ArrayList<String>();
        for (Entry expected : files) {
            Path file = backup.resolve(expected.name);
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                faults.add(expected.name + " is missing");
            } else if (Files.size(file) != expected.bytes) {
                faults.add(expected.name + " has " + Files.size(file) + " bytes instead of " + expected.bytes);
            } else if (!CheckedCopies.sha256(file, cancellation).equals(expected.sha256)) {
                faults.add(expected.name + " has another sum");
            }
        }
        if (!faults.isEmpty()) {
            throw new BackupException(
                    Status.BAD_BACKUP,
                    "The backup in %s is damaged: %s%s. Nothing was changed; take another backup."
                            .formatted(
                                    backup,
                                    String.join(", ", faults.subList(0, Math.min(SHOWN_FAULTS, faults.size()))),
                                    faults.size() > SHOWN_FAULTS
                                            ? " and " + (faults.size() - SHOWN_FAULTS) + " more files"
                                            : ""));
        }
    }
}
