package zap.server.database;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Data folders in which PostgreSQL starts at once: unpacking and making a cluster takes seconds, and is done once for
 * all tests. A folder from here is like one in which a server was started and stopped again.
 */
public final class ReadyFolders {

    private static @Nullable Path first;

    private ReadyFolders() {}

    /** Makes this folder, which must be empty, a data folder. */
    public static synchronized Path make(Path folder) {
        try {
            if (first == null) {
                Path made = Path.of("target", "test-ready-folder").toAbsolutePath();
                OwnPostgres.start(ReadyPrograms.into(made), Duration.ofMinutes(2))
                        .close();
                first = made;
            }
            Path from = first;
            try (var all = Files.walk(from)) {
                for (Path path : all.skip(1).toList()) {
                    copy(path, folder.resolve(from.relativize(path)));
                }
            }
            // Every folder gets a port of its own.
            Files.delete(folder.resolve("postgresql/port"));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
    }
}
