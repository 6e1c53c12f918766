package zap.shell.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import zap.shell.store.ProfileDatabase.StoreException;

/** A profile's folder: it holds everything that the client keeps, readable by its owner alone. */
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
     * Returns the profile at {@code $ZAP_HOME/name}, or {@code ~/.zap/name}. Without {@code ~/.zap}, and with {@code
     * XDG_DATA_HOME} set, it is at {@code $XDG_DATA_HOME/zap/name}. The folder is not created yet.
     *
     * @param home the home directory; ignored unless it is absolute, because Java calls an unknown home "?"
     * @throws IllegalArgumentException when the name cannot be a folder's name
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

    /** Thrown when the user has no home directory. */
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

    /** Returns the file to which the connected session writes its state. */
    public Path sessionReport() {
        return folder.resolve("session.state");
    }

    /** Returns the folder into which native libraries are unpacked once instead of at every start. */
    public Path cache() {
        return folder.resolve("cache");
    }

    /**
     * Returns the folder for the working files of an export or import.
     *
     * <p>Only the owner of the session lock may use it. A new owner finds it empty, because the files that a killed
     * process has left there are deleted.
     */
    public Path workspace() {
        return folder.resolve("moving");
    }

    /** Creates an empty workspace. */
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
            // The files only take up space. An export or import tries again, and reports what is wrong.
        }
    }

    /** Creates the folder if needed, and makes it accessible to its owner alone. */
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

    /**
     * Sets permissions that differ. It writes nothing otherwise, because a disk that cannot be written can be read.
     */
    private static void onlyMine(Path path, String rights) throws IOException {
        if (POSIX) {
            var expected = PosixFilePermissions.fromString(rights);
            if (!Files.getPosixFilePermissions(path).equals(expected)) {
                Files.setPosixFilePermissions(path, expected);
            }
        }
    }

    /**
     * Creates a file that only its owner can read.
     *
     * @throws FileAlreadyExistsException when it exists
     */
    public static void newPrivateFile(Path file) throws IOException {
        if (POSIX) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } else {
            Files.createFile(file);
        }
    }

    /** Creates a file in the profile that only its owner can read, or makes an existing one so. */
    public static void privateFile(Path file) throws IOException {
        if (!Files.exists(file)) {
            try {
                newPrivateFile(file);
            } catch (FileAlreadyExistsException e) {
                // Another process of this profile has created it meanwhile.
            }
        }
        onlyMine(file, "rw-------");
    }

    /**
     * Takes the session lock, the right to be the connected session of this profile. One process at a time can have it,
     * and it ends with the process.
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
                // This process has it already.
            }
            channel.close();
            return null;
        } catch (IOException e) {
            throw new StoreException(StoreFault.at(file, e), e);
        }
    }

    /** The right to be the connected session of a profile. */
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
