package zap.server.database;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The reason why PostgreSQL does not start, and advice.
 *
 * <p>The reason may be in different places: PostgreSQL's tools print what they find, and after the first lines of a
 * start everything else goes to the log collector's files. The advice depends on the cause alone. For an unknown cause,
 * it only says where to read more.
 */
final class StartFailure {

    private static final int MOST_LINES = 8;
    private static final int MOST_BYTES = 64 * 1024;

    private static final String ELSEWHERE =
            "To use another PostgreSQL instead: ZAP_DATABASE_URL=jdbc:postgresql://host/name";

    /** The lines that end a start, in the log collector's files. */
    private static final Pattern ERROR_LINE = Pattern.compile(" (?:FATAL|PANIC|ERROR): ");

    /** Lines that do not name the cause. */
    private static final Pattern NOISE = Pattern.compile(
            "Examine the log output\\.|.*redirecting log output to logging collector.*|.*Future log output will appear.*");

    private static final Pattern OWNER =
            Pattern.compile("Permission denied|Operation not permitted|wrong ownership|AccessDenied|not owner");
    private static final Pattern PERMISSIONS = Pattern.compile("invalid permissions");
    private static final Pattern NAMESPACE = Pattern.compile("(?m)^unshare: ");

    private record Known(Pattern cause, String advice) {
        Known(String cause, String advice) {
            this(Pattern.compile(cause), advice);
        }
    }

    /** Causes that PostgreSQL, its tools and the system name in English (LC_ALL=C). The first match counts. */
    private static final List<Known> KNOWN = List.of(
            new Known(
                    "(?:resize|open|create|map|allocate)[^\\n]*shared memory segment[^\\n]*(?:No space left|Cannot allocate)"
                            + "|posix_fallocate",
                    "Make /dev/shm larger: PostgreSQL needs some megabytes there. In a container: docker run"
                            + " --shm-size=128m, or shm_size in docker-compose.yml."),
            new Known(
                    "No space left on device|Disk quota exceeded|File too large",
                    "Free space on the disk of the data, then start again. Never delete anything below postgresql/data."),
            new Known(
                    "Cannot allocate memory|out of memory|could not map anonymous shared memory",
                    "Give the server more memory, or its PostgreSQL less: it needs about 100 MB."),
            new Known(
                    "Too many open files",
                    "Let this user open more files (ulimit -n, LimitNOFILE in the unit, --ulimit nofile=… of a container)."),
            new Known(
                    "could not fork|Resource temporarily unavailable",
                    "Let this user have more processes (ulimit -u, TasksMax in the unit, --pids-limit of a container)."),
            new Known(
                    "could not look up effective user ID|local user with ID \\d+ does not exist",
                    "Give this user a name (useradd --uid), because PostgreSQL does not run for a user that the system does not know."),
            new Known("Read-only file system", "Put the data where this server can write: ZAP_DATA=<folder>."),
            new Known(
                    "could not (?:bind|create listen socket|create any TCP/IP sockets)",
                    "Check that this machine has its loopback address (ip address show lo)."),
            new Known(
                    "did not start in time",
                    "The repair after a crash may take long: look into the log, and allow more time with"
                            + " --zap.database.start-timeout=…."),
            new Known(
                    "error while loading shared libraries|cannot execute|Exec format error|error[=:] ?(?:8|2)\\b",
                    "The PostgreSQL in this build of zap does not run on this system. " + ELSEWHERE),
            new Known(
                    "error[=:] ?13\\b",
                    "Check that programs may run from the file system of the data (mount option noexec), or put the data"
                            + " elsewhere: ZAP_DATA=<folder>."),
            new Known(
                    "PANIC: |could not locate a valid checkpoint record|is not a valid data directory|invalid (?:page|data) in"
                            + "|incorrect checksum in control file|could not (?:open|read) file",
                    "The data are damaged. Keep a copy of the folder as it is, then restore a backup:"
                            + " docs/runbook.md#back-up-and-restore"));

    private final DataFolder folder;
    private final Map<Path, Long> before;

    private StartFailure(DataFolder folder, Map<Path, Long> before) {
        this.folder = folder;
        this.before = before;
    }

    /** Notes the size of the log before a start, so that the lines of that start can be found. */
    static StartFailure before(DataFolder folder) {
        var sizes = new TreeMap<Path, Long>();
        for (Path file : collected(folder)) {
            try {
                sizes.put(file, Files.size(file));
            } catch (IOException _) {
                // It existed a moment ago; now it counts as new.
            }
        }
        return new StartFailure(folder, sizes);
    }

    /**
     * Returns the exception that describes the failure, with its cause and advice.
     *
     * @param what the failed step, in words
     * @param said the output of the failed tool
     */
    CannotUseDatabaseException exception(String what, String said) {
        List<String> lines = new ArrayList<>(Stream.concat(said.lines(), lastLines(folder.startLog()).stream())
                .filter(line -> !NOISE.matcher(line).matches())
                .toList());
        lines.addAll(collectedSince());
        String cause = String.join("\n", lines);
        return new CannotUseDatabaseException(what + ": " + cause, advice(cause));
    }

    /** Returns the advice against this cause. */
    private String advice(String cause) {
        String more = "More may be in " + folder.cluster().resolve("log") + ". " + ELSEWHERE;
        if (NAMESPACE.matcher(cause).find()) {
            return UserNamespace.advice() + " " + ELSEWHERE;
        }
        if (PERMISSIONS.matcher(cause).find() && isOpenToOthers()) {
            return "The data are for their owner alone: chmod -R go-rwx " + folder.root();
        }
        if (OWNER.matcher(cause).find()) {
            Optional<String> foreign = FileOwner.foreignBelow(folder.root());
            if (foreign.isPresent()) {
                return foreign.get();
            }
        }
        return KNOWN.stream()
                .filter(known -> known.cause.matcher(cause).find())
                .map(Known::advice)
                .findFirst()
                .orElse(more);
    }

    private boolean isOpenToOthers() {
        try {
            Set<PosixFilePermission> others = EnumSet.of(
                    PosixFilePermission.GROUP_WRITE,
                    PosixFilePermission.OTHERS_READ,
                    PosixFilePermission.OTHERS_WRITE,
                    PosixFilePermission.OTHERS_EXECUTE);
            others.retainAll(Files.getPosixFilePermissions(folder.cluster()));
            return !others.isEmpty();
        } catch (IOException _) {
            return false;
        }
    }

    /** Returns the lines that the log collector has written since {@link #before}, as far as they name a cause. */
    private List<String> collectedSince() {
        var added = new ArrayList<String>();
        for (Path file : collected(folder)) {
            try {
                added.addAll(linesFrom(file, before.getOrDefault(file, 0L)));
            } catch (IOException _) {
                // A file that cannot be read adds nothing; the message names its place.
            }
        }
        List<String> grave =
                added.stream().filter(line -> ERROR_LINE.matcher(line).find()).toList();
        return last(grave.isEmpty() ? added : grave);
    }

    private static List<String> linesFrom(Path file, long start) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            // A file of the same day of last week is overwritten from its beginning.
            long from = Math.max(start > channel.size() ? 0 : start, channel.size() - MOST_BYTES);
            byte[] bytes = new byte[(int) (channel.size() - from)];
            channel.read(ByteBuffer.wrap(bytes), from);
            return new String(bytes, StandardCharsets.UTF_8).lines().toList();
        }
    }

    private static List<Path> collected(DataFolder folder) {
        try (Stream<Path> files = Files.list(folder.cluster().resolve("log"))) {
            return files.filter(Files::isRegularFile).sorted().toList();
        } catch (IOException _) {
            return List.of();
        }
    }

    private static List<String> lastLines(Path file) {
        try {
            return Files.exists(file) ? last(linesFrom(file, 0)) : List.of();
        } catch (IOException _) {
            return List.of();
        }
    }

    private static List<String> last(List<String> lines) {
        return lines.subList(Math.max(0, lines.size() - MOST_LINES), lines.size());
    }
}
