package zap.shell.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.dao.DataAccessException;
import org.sqlite.SQLiteConfig;
import zap.shell.store.ProfileDatabase.StoreException;

/**
 * Opens a store for reading on a disk that cannot be written.
 *
 * <p>SQLite itself writes there even to read, because the index of the write-ahead log is a file.
 */
final class ReadableStore {

    private ReadableStore() {}

    /**
     * Opens a store for reading. A store of an earlier version is migrated in a copy, because its statements need the
     * tables of this version.
     *
     * @param fault why it cannot be written
     */
    static ProfileDatabase open(Path file, StoreFault fault) throws IOException {
        ProfileDatabase database = openAsItIs(file, fault);
        if (database.schema() == ProfileDatabase.SCHEMA) {
            return database;
        }
        database.close();
        Path copy = copy(file);
        ProfileDatabase.open(copy).close();
        return ProfileDatabase.open(ProfileDatabase.URL + copy, config(), fault);
    }

    private static ProfileDatabase openAsItIs(Path file, StoreFault fault) throws IOException {
        Path log = logOf(file);
        if (!Files.exists(log) || Files.size(log) == 0) {
            // Without a log no process has it open, so it does not change.
            return open(file, "?immutable=1", fault);
        }
        try {
            return withIndexInMemory(file, fault);
        } catch (StoreException | DataAccessException e) {
            try {
                return ProfileDatabase.open(ProfileDatabase.URL + copy(file), config(), fault);
            } catch (IOException | StoreException | DataAccessException again) {
                e.addSuppressed(again);
                throw e;
            }
        }
    }

    private static ProfileDatabase open(Path file, String how, StoreFault fault) {
        SQLiteConfig config = config();
        config.setReadOnly(true);
        return ProfileDatabase.open(ProfileDatabase.URL + "file:" + file.toUri().getRawPath() + how, config, fault);
    }

    /**
     * Opens the store in exclusive mode, where SQLite keeps the index in memory. The process must be able to lock the
     * file.
     */
    private static ProfileDatabase withIndexInMemory(Path file, StoreFault fault) {
        SQLiteConfig config = config();
        config.setLockingMode(SQLiteConfig.LockingMode.EXCLUSIVE);
        return ProfileDatabase.open(ProfileDatabase.URL + file, config, fault);
    }

    /** Copies a store and its log into a temporary folder, which is deleted when the JVM ends. */
    private static Path copy(Path file) throws IOException {
        Path log = logOf(file);
        Path folder = Files.createTempDirectory("zap");
        Path copy = folder.resolve(file.getFileName());
        Path copyOfLog = logOf(copy);
        Path index = folder.resolve(file.getFileName() + "-shm");
        // In the order in which they are registered, the last one first.
        for (Path left : new Path[] {folder, copy, copyOfLog, index}) {
            left.toFile().deleteOnExit();
        }
        Files.copy(file, copy);
        if (Files.exists(log)) {
            Files.copy(log, copyOfLog);
        }
        return copy;
    }

    private static Path logOf(Path file) {
        return file.resolveSibling(file.getFileName() + "-wal");
    }

    private static SQLiteConfig config() {
        var config = new SQLiteConfig();
        config.setTempStore(SQLiteConfig.TempStore.MEMORY);
        return config;
    }
}
