package zap.server.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The highest timeline that this server has seen of each database: the fence against an old primary.
 *
 * <p>Every promotion of a standby raises the timeline. So a primary with a lower one than was seen before is an old one
 * that has come back. What it says, and what it stores, counts for nobody.
 *
 * <p>Kept in the data folder, because the old primary may come back while this server is not running. A database is
 * known by its system identifier, which its standbys share. The first timeline is 1 and is not kept. Thread-safe.
 */
final class Timelines {

    private static final Logger log = LoggerFactory.getLogger(Timelines.class);

    private static final long FIRST = 1;

    /** A line of the file: a system identifier and a timeline. */
    private static final Pattern LINE = Pattern.compile("(\\d{1,20}) (\\d{1,10})");

    private final Path file;
    private final Map<String, Long> highest = new TreeMap<>();

    /** @param file the file that keeps them; it may be missing */
    Timelines(Path file) {
        this.file = file;
        readFile();
    }

    /** Returns the file that keeps them. */
    Path file() {
        return file;
    }

    /** Returns the highest timeline that was seen of a database; 1 if it was never seen. */
    synchronized long highest(String system) {
        return highest.getOrDefault(system, FIRST);
    }

    /**
     * Notes that a primary of a database has a timeline, and keeps it if it is the highest.
     *
     * @return whether it is higher than all that were seen before
     */
    synchronized boolean saw(String system, long timeline) {
        if (timeline <= highest(system)) {
            return false;
        }
        // Another server with the same folder may have seen more.
        readFile();
        highest.merge(system, timeline, Math::max);
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            StateFile.write(
                    file,
                    highest.entrySet().stream()
                            .map(one -> one.getKey() + " " + one.getValue() + "\n")
                            .collect(Collectors.joining()));
        } catch (IOException e) {
            log.warn(
                    "Cannot keep the database's timeline ({}) in {}: after a restart, this server may take an old primary for"
                            + " the present one. {}",
                    timeline,
                    file,
                    e.toString());
        }
        return true;
    }

    private void readFile() {
        try {
            StateFile.read(file).stream().flatMap(String::lines).forEach(line -> {
                Matcher parts = LINE.matcher(line);
                if (parts.matches()) {
                    highest.merge(parts.group(1), Long.valueOf(parts.group(2)), Math::max);
                }
            });
        } catch (IOException e) {
            log.warn("Cannot read which timelines the database has had: {}", e.toString());
        }
    }
}
