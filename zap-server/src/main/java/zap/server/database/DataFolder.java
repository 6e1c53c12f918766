package zap.server.database;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The folder that belongs to one server at a time, and what is remembered in it.
 *
 * <pre>
 * admin.token              what ./zap admin shows; for its owner only
 * zap.lock                 held as long as a server, a backup or a restore uses the folder; says which process that is
 * timelines                the highest timeline seen of each external PostgreSQL, see Timelines
 * scratch/                 empty at every start: files of use only while the server runs
 * postgresql/              all below is for its owner only
 *   binaries-…/            PostgreSQL itself, unpacked
 *   data/                  the cluster
 *   port, password         chosen once
 *   start.log              what PostgreSQL says before it has its own log, data/log
 * postgresql.restoring/    what a restore is working on; of no use once that has ended
 * postgresql.restored/     restored data that has started once, about to take the place of postgresql/
 * postgresql.before-…/     what a restore has replaced; for the operator to delete
 * </pre>
 */
final class DataFolder implements AutoCloseable {

    /**
     * The lower bound of ports, below the range from which systems lend ports to outgoing connections. A port of that
     * range may be in use at the next start.
     */
    private static final int FIRST_PORT = 20_000;

    private static final int PORTS = 10_000;
    private static final int MOST_PORTS_TRIED = 1_000;
    private static final int LAST_PORT = 65_535;
    private static final int SECRET_BYTES = 24;

    private static final String POSTGRESQL = "postgresql";
    private static final Pattern HOLDER = Pattern.compile("(\\d+)(?: (.+))?");

    /** The name of the lock's holder in messages. */
    private static final String SERVER = "Another zap server";

    static final FileAttribute<?> OWNER_ONLY_FOLDER = attribute("rwx------");
    private static final FileAttribute<?> OWNER_ONLY_FILE = attribute("rw-------");

    /**
     * The folders that are open in this process. A process that closes a file loses all its locks on it, so it must not
     * open the lock a second time.
     */
    private static final Set<Path> OPEN_HERE = new HashSet<>();

    private final SecureRandom random = new SecureRandom();
    private final Path root;
    private final FileChannel lock;
    private final String postgresql;

    private DataFolder(Path root, FileChannel lock, String postgresql) {
        this.root = root;
        this.lock = lock;
        this.postgresql = postgresql;
    }

    /** Opens the folder for a server. */
    static DataFolder open(Path directory) {
        return open(directory, SERVER);
    }

    /**
     * Takes the folder's lock, and makes the folder if it does not exist.
     *
     * @param user the name of the lock's holder in the messages of other processes
     * @throws DataFolderInUseException when another process has the lock
     * @throws CannotUseDatabaseException when the folder cannot be used
     */
    static DataFolder open(Path directory, String user) {
        return open(directory, user, POSTGRESQL);
    }

    /** Opens a folder in which {@code postgresql/} has another name. */
    static DataFolder open(Path directory, String user, String postgresql) {
        try {
            Path root = Files.createDirectories(directory.toAbsolutePath()).toRealPath();
            synchronized (OPEN_HERE) {
                if (!OPEN_HERE.add(root)) {
                    throw inUse(root, Long.toString(ProcessHandle.current().pid()));
                }
            }
            try {
                var folder = new DataFolder(root, lock(root, user), postgresql);
                folder.finishRestore();
                folder.createPostgresql();
                emptied(folder.scratch());
                return folder;
            } catch (IOException | RuntimeException e) {
                forget(root);
                throw e;
            }
        } catch (IOException e) {
            throw unusable(directory, e);
        }
    }

    /** Returns the failure to report when a file of the data folder could not be read or written. */
    static CannotUseDatabaseException unusable(Path directory, IOException cause) {
        String elsewhere = "choose another folder with ZAP_DATA=<folder>.";
        String advice = switch (cause) {
            case AccessDeniedException _ ->
                FileOwner.foreignBelow(directory).orElse("Make it writable for this user, or " + elsewhere);
            case FileAlreadyExistsException _ -> "It is not a folder: " + elsewhere;
            default ->
                String.valueOf(cause.getMessage()).contains("No space left on device")
                        ? "Free space on its disk, or " + elsewhere
                        : "Make it writable for this user, or " + elsewhere;
        };
        return new CannotUseDatabaseException(
                "The data folder " + directory + " cannot be used: " + cause, advice, cause);
    }

    private static FileChannel lock(Path root, String user) throws IOException {
        Path file = root.resolve("zap.lock");
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (channel.tryLock() == null) {
            channel.close();
            throw inUse(root, Files.readString(file).strip());
        }
        channel.truncate(0);
        String holder = ProcessHandle.current().pid() + (user.equals(SERVER) ? "" : " " + user);
        channel.write(ByteBuffer.wrap((holder + "\n").getBytes(StandardCharsets.US_ASCII)));
        return channel;
    }

    private static DataFolderInUseException inUse(Path root, String holder) {
        Matcher said = HOLDER.matcher(holder);
        boolean known = said.matches();
        String user = known && said.group(2) != null ? said.group(2) : SERVER;
        String pid = known ? said.group(1) : "unknown";
        return new DataFolderInUseException(
                user + " (pid " + pid + ") is using the data in " + root + ".",
                "Stop it, or start this one with ZAP_DATA=<another folder>."
                        + (user.equals(SERVER)
                                ? " To try several servers that share one database: ./zap cluster."
                                : ""));
    }

    /** Finishes a restore that was killed while it exchanged old and new data. It had checked the new data before. */
    private void finishRestore() throws IOException {
        if (Files.notExists(postgresql()) && Files.exists(restored())) {
            Files.move(restored(), postgresql(), StandardCopyOption.ATOMIC_MOVE);
        }
    }

    Path root() {
        return root;
    }

    Path postgresql() {
        return root.resolve(postgresql);
    }

    /** Returns the same folder with another one in place of postgresql/. It shares the lock, and must not be closed. */
    DataFolder staged() {
        return new DataFolder(root, lock, POSTGRESQL + ".restoring");
    }

    /**
     * Returns the same folder with the PostgreSQL of this name, beside the present one. It shares the lock, and must
     * not be closed.
     */
    DataFolder beside(String other) throws IOException {
        var folder = new DataFolder(root, lock, other);
        folder.createPostgresql();
        return folder;
    }

    private void createPostgresql() throws IOException {
        if (Files.notExists(postgresql())) {
            Files.createDirectory(postgresql(), OWNER_ONLY_FOLDER);
        }
    }

    /** Returns the place of restored data that has started once. */
    Path restored() {
        return root.resolve(POSTGRESQL + ".restored");
    }

    /** Returns the place where a restore of this moment keeps the data that it replaces. */
    Path replaced(String moment) {
        return root.resolve(POSTGRESQL + ".before-restore-" + moment);
    }

    Path cluster() {
        return postgresql().resolve("data");
    }

    Path postmasterPid() {
        return cluster().resolve("postmaster.pid");
    }

    Path startLog() {
        return postgresql().resolve("start.log");
    }

    Path portFile() {
        return postgresql().resolve("port");
    }

    Path passwordFile() {
        return postgresql().resolve("password");
    }

    /**
     * Returns this machine's address for itself, as PostgreSQL takes it: 127.0.0.1, or ::1 where there is no IPv4.
     *
     * @throws CannotUseDatabaseException when there is neither
     */
    static String loopback() {
        return Loopback.address()
                .orElseThrow(() -> new CannotUseDatabaseException(
                        "This machine has neither 127.0.0.1 nor ::1, where its own PostgreSQL would listen.",
                        "Switch the loopback interface on (ip link set lo up), or give the server a PostgreSQL with"
                                + " ZAP_DATABASE_URL=jdbc:postgresql://host/name."));
    }

    /**
     * Returns the same port at every start, so that it can be noted somewhere, unless another process has taken it
     * meanwhile.
     *
     * @param loopback the address at which it must be free
     */
    int port(String loopback) throws IOException {
        OptionalInt known = knownPort();
        int port = known.orElse(FIRST_PORT);
        for (int tried = 0; port == FIRST_PORT || !Loopback.isFree(loopback, port); tried++) {
            if (tried == MOST_PORTS_TRIED) {
                throw new CannotUseDatabaseException(
                        "None of %s ports between %s and %s of %s is free for PostgreSQL."
                                .formatted(tried, FIRST_PORT, FIRST_PORT + PORTS, loopback),
                        "Find the programs that listen there (ss -ltn).");
            }
            port = FIRST_PORT + 1 + random.nextInt(PORTS);
        }
        if (known.isEmpty() || known.getAsInt() != port) {
            StateFile.write(portFile(), port + "\n");
        }
        return port;
    }

    private OptionalInt knownPort() throws IOException {
        return StateFile.read(portFile())
                .filter(said -> said.matches("[0-9]{1,5}"))
                .map(Integer::parseInt)
                .filter(port -> port > 0 && port <= LAST_PORT)
                .map(OptionalInt::of)
                .orElse(OptionalInt.empty());
    }

    /**
     * Returns PostgreSQL's password. It is random, made once, and known only to the server and to users that may read
     * its files. Empty when it is missing or was lost.
     */
    Optional<String> password() throws IOException {
        return StateFile.read(passwordFile());
    }

    /** Stores PostgreSQL's password. */
    void setPassword(String password) throws IOException {
        StateFile.write(passwordFile(), password + "\n");
    }

    /** Makes a random password. */
    String newSecret() {
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** Returns the token that an operator must present. It is made once, too. */
    String adminToken() throws IOException {
        Path file = root.resolve("admin.token");
        Optional<String> known = StateFile.read(file);
        if (known.isPresent()) {
            return known.get();
        }
        String made = newSecret();
        StateFile.write(file, made + "\n");
        return made;
    }

    /** Returns the folder for temporary files, which was emptied when the data folder was opened. */
    Path scratch() {
        return root.resolve("scratch");
    }

    /** Creates a file for its owner only, which must not exist, and opens it for writing. */
    static FileChannel createOwnerOnly(Path file) throws IOException {
        return FileChannel.open(file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), OWNER_ONLY_FILE);
    }

    /** Makes an empty folder for its owner only, and deletes its former content. */
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

    /** Releases the lock, so that another server may use the folder. */
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
