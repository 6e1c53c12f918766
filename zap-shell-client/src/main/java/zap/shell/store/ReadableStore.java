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
     * Opens a store for reading.
     *
     * @param fault why it cannot be written
     */
    static ProfileDatabase open(Path file, StoreFault fault) throws IOException {
        Path log = file.resolveSibling(file.getFileName() + "-wal");
        if (!Files.exists(log) || Files.size(log) == 0) {
            // Without a log no process has it open, so it does not change.
            return open(file, "?immutable=1", fault);
        }
        try {
            return withIndexInMemory(file, fault);
        } catch (StoreException | DataAccessException e) {
            try {
                return copied(file, log, fault);
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

    private static ProfileDatabase copied(Path file, Path log, StoreFault fault) throws IOException {
        Path folder = Files.createTempDirectory("zap");
        Path copy = folder.resolve(file.getFileName());
        Path copyOfLog = folder.resolve(log.getFileName());
        Path index = folder.resolve(file.getFileName() + "-shm");
        // In the order in which they are registered, the last one first.
        for (Path left : new Path[] {folder, copy, copyOfLog, index}) {
            left.toFile().deleteOnExit();
        }
        Files.copy(file, copy);
        Files.copy(log, copyOfLog);
        return ProfileDatabase.open(ProfileDatabase.URL + copy, config(), fault);
    }

    private static SQLiteConfig config() {
        var config = new SQLiteConfig();
        config.setTempStore(SQLiteConfig.TempStore.MEMORY);
        return config;
    }
}
