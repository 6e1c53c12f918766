package zap.server.database;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Copies of files below one folder, for their owner only. Size and SHA-256 of each are computed from the bytes that
 * were written.
 *
 * <p>For one thread. The copies are durable after {@link #sync}.
 */
final class CheckedCopies {

    private static final int BUFFER = 1 << 18;
    private static final int SYNC_THREADS = 8;

    private final Path root;
    private final Cancellation cancellation;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    private final List<String> folders = new ArrayList<>();
    private final List<BackupManifest.Entry> files = new ArrayList<>();

    /** @param root an existing folder */
    CheckedCopies(Path root, Cancellation cancellation) {
        this.root = root;
        this.cancellation = cancellation;
    }

    List<String> folders() {
        return List.copyOf(folders);
    }

    List<BackupManifest.Entry> files() {
        return List.copyOf(files);
    }

    /** Makes a folder, whose parent exists. */
    void addFolder(String name) throws IOException {
        Files.createDirectory(root.resolve(name), DataFolder.OWNER_ONLY_FOLDER);
        folders.add(name);
    }

    /**
     * Copies a file that may grow, shrink or vanish meanwhile. The copy ends where the file ended at the beginning.
     *
     * @return empty when the file has vanished
     */
    Optional<BackupManifest.Entry> add(Path from, String name) throws IOException, BackupException {
        try (FileChannel in = FileChannel.open(from, StandardOpenOption.READ);
                FileChannel out = create(name)) {
            MessageDigest digest = sha256();
            long left = in.size();
            long written = 0;
            while (left > 0) {
                cancellation.check();
                int read = in.read(buffer.clear().limit((int) Math.min(left, BUFFER)));
                if (read < 0) {
                    break;
                }
                left -= read;
                written += read;
                digest.update(buffer.flip());
                write(out, buffer.rewind());
            }
            return Optional.of(added(name, written, digest));
        } catch (NoSuchFileException e) {
            if (Files.notExists(from)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Writes a file. */
    BackupManifest.Entry add(byte[] content, String name) throws IOException {
        try (FileChannel out = create(name)) {
            write(out, ByteBuffer.wrap(content));
        }
        MessageDigest digest = sha256();
        digest.update(content);
        return added(name, content.length, digest);
    }

    private FileChannel create(String name) throws IOException {
        return DataFolder.createOwnerOnly(root.resolve(name));
    }

    private BackupManifest.Entry added(String name, long bytes, MessageDigest digest) {
        var entry = new BackupManifest.Entry(name, bytes, HexFormat.of().formatHex(digest.digest()));
        files.add(entry);
        return entry;
    }

    /** Writes all of these bytes. */
    static void write(FileChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }

    /** Returns when all copies, and the folders that contain them, are on the disk. */
    void sync() throws IOException, BackupException {
        var paths = new ArrayList<Path>();
        files.forEach(file -> paths.add(root.resolve(file.name())));
        folders.forEach(folder -> paths.add(root.resolve(folder)));
        paths.add(root);
        // A file system combines the syncs of several threads: eight take a third of the time of one.
        try (var threads = Executors.newFixedThreadPool(SYNC_THREADS)) {
            List<Future<?>> syncs = new ArrayList<>();
            for (Path path : paths) {
                syncs.add(threads.submit(() -> {
                    sync(path);
                    return path;
                }));
            }
            for (Future<?> each : syncs) {
                cancellation.check();
                each.get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Returns when a file's content, or a folder's list of names, is on the disk. */
    static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Returns the SHA-256 of a file, in lower-case hex. */
    static String sha256(Path file, Cancellation cancellation) throws IOException, BackupException {
        MessageDigest digest = sha256();
        byte[] bytes = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
                cancellation.check();
                digest.update(bytes, 0, read);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(sha256().digest(bytes));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
