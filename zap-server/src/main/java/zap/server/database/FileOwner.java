package zap.server.database;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The owner of the files in the data folder: they must all belong to this process's user. */
final class FileOwner {

    private FileOwner() {}

    /** Returns advice about the first file in this folder that belongs to another user; empty when there is none. */
    static Optional<String> foreignBelow(Path folder) {
        try {
            // The link belongs to root; its target belongs to this process's user.
            int us = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            var search = new Search(us);
            Files.walkFileTree(folder, search);
            return Optional.ofNullable(search.found)
                    .map(file ->
                            ("%s belongs to %s, and this server runs as %s. Start it as that user, or give the data to"
                                            + " this one: chown -R %s %s")
                                    .formatted(file, owner(file), name(us), us, folder));
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException _) {
            // Only Linux has a way to find out.
            return Optional.empty();
        }
    }

    private static int uidOf(Path file) throws IOException {
        return (int) Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    }

    private static String owner(Path file) {
        try {
            return "user " + Files.getOwner(file, LinkOption.NOFOLLOW_LINKS).getName();
        } catch (IOException _) {
            return "another user";
        }
    }

    private static String name(int us) {
        return ProcessHandle.current().info().user().map(name -> "user " + name).orElse("user " + us);
    }

    private static final class Search extends SimpleFileVisitor<Path> {

        private final int us;
        private @Nullable Path found;

        private Search(int us) {
            this.us = us;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
            return look(folder);
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            return look(file);
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) {
            return FileVisitResult.CONTINUE;
        }

        private FileVisitResult look(Path file) throws IOException {
            if (uidOf(file) == us) {
                return FileVisitResult.CONTINUE;
            }
            found = file;
            return FileVisitResult.TERMINATE;
        }
    }
}
