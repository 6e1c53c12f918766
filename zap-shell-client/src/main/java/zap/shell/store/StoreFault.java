package zap.shell.store;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;
import zap.shell.store.ProfileDatabase.StoreException;

/** A fault of a store's file, or of the disk that holds it. */
public enum StoreFault {
    /** The disk is full. The store can be read. */
    FULL,
    /** The disk or the file cannot be written. The store can be read. */
    READ_ONLY,
    /** The user may not open the file. */
    NO_ACCESS,
    /** The content is damaged, or it is not a store. */
    DAMAGED,
    /** A newer version of zap has changed the tables. */
    NEWER,
    /** Another process has been writing for longer than the timeout. */
    BUSY,
    /** Any other error of the disk. */
    DISK;

    /** The free space below which a disk counts as full: SQLite needs as much before it can write anything. */
    private static final long SMALLEST_ROOM_BYTES = 64 * 1024;

    private static final int PRIMARY = 0xFF;

    /** Returns the fault that an exception was caused by; empty when another problem caused it. */
    public static Optional<StoreFault> of(Throwable exception) {
        for (@Nullable Throwable cause = exception; cause != null; cause = cause.getCause()) {
            if (cause instanceof StoreException known && known.fault() != null) {
                return Optional.ofNullable(known.fault());
            }
            if (cause instanceof SQLiteException sqlite) {
                return of(sqlite.getResultCode());
            }
        }
        return Optional.empty();
    }

    private static Optional<StoreFault> of(SQLiteErrorCode code) {
        if (code == SQLiteErrorCode.SQLITE_IOERR_SHMSIZE) {
            return Optional.of(FULL);
        }
        return switch (SQLiteErrorCode.getErrorCode(code.code & PRIMARY)) {
            case SQLITE_FULL -> Optional.of(FULL);
            case SQLITE_READONLY -> Optional.of(READ_ONLY);
            case SQLITE_PERM, SQLITE_AUTH -> Optional.of(NO_ACCESS);
            case SQLITE_CORRUPT, SQLITE_NOTADB -> Optional.of(DAMAGED);
            case SQLITE_BUSY, SQLITE_LOCKED -> Optional.of(BUSY);
            case SQLITE_IOERR, SQLITE_CANTOPEN -> Optional.of(DISK);
            default -> Optional.empty();
        };
    }

    /**
     * Determines the fault behind an error that does not name it, by looking at the file and its disk.
     *
     * @param file need not exist
     */
    static StoreFault at(Path file, IOException exception) {
        return exception instanceof AccessDeniedException ? NO_ACCESS : at(file);
    }

    /** Determines the fault behind an error of SQLite that names none. */
    static StoreFault at(Path file) {
        try {
            var disk = Files.getFileStore(existing(file));
            if (disk.isReadOnly()) {
                return READ_ONLY;
            }
            if (disk.getUsableSpace() < SMALLEST_ROOM_BYTES) {
                return FULL;
            }
        } catch (IOException e) {
            return e instanceof FileSystemException ? NO_ACCESS : DISK;
        }
        if (!Files.isReadable(existing(file))) {
            return NO_ACCESS;
        }
        return Files.isWritable(existing(file)) && Files.isWritable(existing(file.resolveSibling("-")))
                ? DISK
                : READ_ONLY;
    }

    /** Returns the file, or the nearest existing folder above it. */
    private static Path existing(Path file) {
        Path path = file.toAbsolutePath();
        while (!Files.exists(path) && path.getParent() != null) {
            path = path.getParent();
        }
        return path;
    }
}
