package zap.server.database;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;

/**
 * The folder that belongs to one server at a time, and what is remembered in it.
 *
 * <pre>
 * admin.token              what ./zap admin shows; for its owner only
 * zap.lock                 held as long as a server uses the folder; says which process that is
 * scratch/                 empty at every start: files of use only while the server runs
 * postgresql/              all below is for its owner only
 *   binaries-…/            PostgreSQL itself, unpacked
 *   data/                  the cluster
 *   port, password         chosen once
 *   start.log              what PostgreSQL says before it has its own log, data/log
 * </pre>
 */
final class DataFolder implements AutoCloseable {

    /** Below the range from which systems lend ports to outgoing connections: a port from there may be taken by the next start. */
    private static final int FIRST_PORT = 20_000;

    private static final int PORTS = 10_000;
    private static final int SECRET_BYTES = 24;

    private static final FileAttribute<?> OWNER_ONLY_FOLDER = attribute("rwx------");
    private static final FileAttribute<?> OWNER_ONLY_FILE = attribute("rw-------");

    /** A process that closes a file loses all its locks on it, so within this one a second look at the lock must not happen. */
    private static final Set<Path> OPEN_HERE = new HashSet<>();

    private final SecureRandom random = new SecureRandom();
    private final Path root;
    private final FileChannel lock;

    private DataFolder(Path root, FileChannel lock) {
        this.root = root;
        this.lock = lock;
    }

    static DataFolder open(Path directory) {
        try {
            Path root = Files.createDirectories(directory.toAbsolutePath()).toRealPath();
            synchronized (OPEN_HERE) {
                if (!OPEN_HERE.add(root)) {
                    throw inUse(root, Long.toString(ProcessHandle.current().pid()));
                }
            }
            try {
                var folder = new DataFolder(root, lock(root));
                if (Files.notExists(folder.postgresql())) {
                    Files.createDirectory(folder.postgresql(), OWNER_ONLY_FOLDER);
                }
                emptied(folder.scratch());
                return folder;
            } catch (IOException | RuntimeException e) {
                forget(root);
                throw e;
            }
        } catch (IOException e) {
            throw new CannotUseDatabaseException(
                    "The data folder " + directory + " cannot be used: " + e,
                    "Make it writable for this user, or choose another one with ZAP_DATA=<folder>.",
                    e);
        }
    }

    private static FileChannel lock(Path root) throws IOException {
        Path file = root.resolve("zap.lock");
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (channel.tryLock() == null) {
            channel.close();
            throw inUse(root, Files.readString(file).strip());
        }
        channel.truncate(0);
        channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)));
        return channel;
    }

    private static CannotUseDatabaseException inUse(Path root, String pid) {
        return new CannotUseDatabaseException(
                "Another zap server (pid " + pid + ") is using the data in " + root + ".",
                "Stop it, or start this one with ZAP_DATA=<another folder>.");
    }

    Path root() {
        return root;
    }

    Path postgresql() {
        return root.resolve("postgresql");
    }

    Path cluster() {
        return postgresql().resolve("data");
    }

    Path startLog() {
        return postgresql().resolve("start.log");
    }

    Path passwordFile() {
        return postgresql().resolve("password");
    }

    /** The same port at every start, so that it can be noted somewhere, unless somebody else has taken it meanwhile. */
    int port() throws IOException {
        Path file = postgresql().resolve("port");
        int port = Files.exists(file) ? Integer.parseInt(Files.readString(file).strip()) : FIRST_PORT;
        while (port == FIRST_PORT || !isFree(port)) {
            port = FIRST_PORT + 1 + random.nextInt(PORTS);
        }
        Files.writeString(file, port + "\n");
        return port;
    }

    private static boolean isFree(int port) {
        try (var _ = new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    /** Made up once. Nobody needs to know it but the server and whoever may read the server's files. */
    String password() throws IOException {
        return secret(passwordFile());
    }

    /** What whoever administers the server has to show: made up once, too. */
    String adminToken() throws IOException {
        return secret(root.resolve("admin.token"));
    }

    /** Was emptied when the folder was opened. */
    Path scratch() {
        return root.resolve("scratch");
    }

    private String secret(Path file) throws IOException {
        if (Files.notExists(file)) {
            byte[] bytes = new byte[SECRET_BYTES];
            random.nextBytes(bytes);
            Path made = file.resolveSibling(file.getFileName() + ".new");
            Files.deleteIfExists(made);
            Files.createFile(made, OWNER_ONLY_FILE);
            Files.writeString(made, Base64.getUrlEncoder().withoutPadding().encodeToString(bytes) + "\n");
            Files.move(made, file);
        }
        return Files.readString(file).strip();
    }

    /** An empty folder for its owner only; what was there is gone. */
    static Path emptied(Path folder) throws IOException {
        delete(folder);
        return Files.createDirectory(folder, OWNER_ONLY_FOLDER);
    }

    static void delete(Path folder) throws IOException {
        try (var below = Files.walk(folder)) {
            for (Path path : below.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (NoSuchFileException _) {
            // Then there is nothing to delete.
        }
    }

    /** Lets another server in. */
    @Override
    public void close() {
        try {
            delete(scratch());
        } catch (IOException _) {
            // The next start empties it.
        }
        try {
            lock.close();
        } catch (IOException _) {
            // The lock ends with the process in any case.
        }
        forget(root);
    }

    private static void forget(Path root) {
        synchronized (OPEN_HERE) {
            OPEN_HERE.remove(root);
        }
    }

    private static FileAttribute<Set<PosixFilePermission>> attribute(String permissions) {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
    }
}
