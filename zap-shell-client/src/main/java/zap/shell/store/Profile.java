package zap.shell.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import zap.shell.store.ProfileDatabase.StoreException;

/** One person's folder: everything that the client keeps is in it, readable by its owner alone. */
public final class Profile {

    public static final String DEFAULT_NAME = "default";

    private static final boolean POSIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

    private final String name;
    private final Path folder;

    private Profile(String name, Path folder) {
        this.name = name;
        this.folder = folder;
    }

    /**
     * Where the profile is: {@code $ZAP_HOME/name}, or {@code ~/.zap/name}, or, where there is no {@code ~/.zap} and the user keeps such
     * things elsewhere, {@code $XDG_DATA_HOME/zap/name}. It is not made yet.
     *
     * @param home the home directory; one that is not absolute is none: Java calls the home of a user without a name "?"
     * @throws IllegalArgumentException when the name cannot be a folder's
     * @throws NoHomeException when there is no home directory, and the environment names no other place
     */
    public static Profile named(String name, Map<String, String> environment, Path home) {
        if (!name.matches("[\\p{L}\\p{N}][\\p{L}\\p{N}._-]{0,63}")) {
            throw new IllegalArgumentException(name);
        }
        return new Profile(name, base(environment, home).resolve(name));
    }

    private static Path base(Map<String, String> environment, Path home) {
        @Nullable String zapHome = environment.get("ZAP_HOME");
        if (zapHome != null && !zapHome.isBlank()) {
            return Path.of(zapHome).toAbsolutePath();
        }
        Path usual = home.resolve(".zap");
        @Nullable String xdg = environment.get("XDG_DATA_HOME");
        if (xdg != null && xdg.startsWith("/") && !(home.isAbsolute() && Files.exists(usual))) {
            return Path.of(xdg, "zap");
        }
        if (!home.isAbsolute()) {
            throw new NoHomeException();
        }
        return usual;
    }

    /** The user has no home directory. */
    public static final class NoHomeException extends RuntimeException {

        private static final long serialVersionUID = 1;

        NoHomeException() {
            super("There is no home directory");
        }
    }

    public String name() {
        return name;
    }

    public Path folder() {
        return folder;
    }

    public Path database() {
        return folder.resolve("zap.db");
    }

    public Path log() {
        return folder.resolve("zap.log");
    }

    public Path history() {
        return folder.resolve("commands");
    }

    /** Where the connected session says how it is. */
    public Path sessionReport() {
        return folder.resolve("session.state");
    }

    /** Where native libraries are unpacked once instead of at every start. */
    public Path cache() {
        return folder.resolve("cache");
    }

    /**
     * Where an export or import keeps its working files. Only the owner of the session lock may use it, and a new owner finds it
     * empty: what a killed process has left there is deleted.
     */
    public Path workspace() {
        return folder.resolve("moving");
    }

    /** Makes an empty workspace. */
    public void makeWorkspace() throws IOException {
        clearWorkspace();
        privateFolder(workspace());
    }

    /** Deletes the workspace and everything in it. */
    public void clearWorkspace() throws IOException {
        if (!Files.isDirectory(workspace())) {
            return;
        }
        try (Stream<Path> files = Files.list(workspace())) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(workspace());
    }

    private void sweepWorkspace() {
        try {
            clearWorkspace();
        } catch (IOException e) {
            // It takes up space and does no harm. An export or import tries again, and says what is wrong.
        }
    }

    /** Makes the folder, if it is not there, and sees that nobody else can look into it. */
    public void make() throws IOException {
        privateFolder(folder);
        privateFolder(cache());
    }

    private static void privateFolder(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            @Nullable Path parent = path.getParent();
            if (POSIX) {
                var onlyMine = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
                if (parent != null) {
                    Files.createDirectories(parent, onlyMine);
                }
                Files.createDirectories(path, onlyMine);
            } else {
                Files.createDirectories(path);
            }
        }
        onlyMine(path, "rwx------");
    }

    /** Changes nothing where nothing has to be: also a disk that cannot be written can be read. */
    private static void onlyMine(Path path, String rights) throws IOException {
        if (POSIX) {
            var wanted = PosixFilePermissions.fromString(rights);
            if (!Files.getPosixFilePermissions(path).equals(wanted)) {
                Files.setPosixFilePermissions(path, wanted);
            }
        }
    }

    /**
     * Makes a file that only its owner can read.
     *
     * @throws java.nio.file.FileAlreadyExistsException when there is one
     */
    public static void newPrivateFile(Path file) throws IOException {
        if (POSIX) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } else {
            Files.createFile(file);
        }
    }

    /** Makes a file in the profile that only its owner can read, or sees that an old one is so. */
    public static void privateFile(Path file) throws IOException {
        if (!Files.exists(file)) {
            try {
                newPrivateFile(file);
            } catch (java.nio.file.FileAlreadyExistsException e) {
                // Another process of this profile was quicker.
            }
        }
        onlyMine(file, "rw-------");
    }

    /**
     * Takes the right to be the connected session of this profile, which one process at a time can have; it ends with the process.
     *
     * @return null when another process has it
     * @throws StoreException when the lock cannot be kept on this disk
     */
    public @Nullable SessionLock tryLock() {
        Path file = folder.resolve("session.lock");
        try {
            privateFile(file);
            FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
            try {
                @Nullable FileLock lock = channel.tryLock();
                if (lock != null) {
                    sweepWorkspace();
                    return new SessionLock(channel);
                }
            } catch (OverlappingFileLockException e) {
                // This very process has it.
            }
            channel.close();
            return null;
        } catch (IOException e) {
            throw new StoreException(StoreFault.at(file, e), e);
        }
    }

    /** The right to be the connected session. */
    public static final class SessionLock implements AutoCloseable {

        private final FileChannel channel;

        private SessionLock(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
