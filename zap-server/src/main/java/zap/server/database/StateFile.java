package zap.server.database;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * A small file that stores one value: a port, a secret, settings.
 *
 * <p>It is written completely or not at all, because a full disk or a power failure would otherwise leave an empty
 * file. Its content is checked when it is read, because an older version wrote differently, and a disk may fail.
 */
final class StateFile {

    /** The maximum size, which exceeds that of any such file. */
    private static final int MOST_BYTES = 1 << 20;

    /** The replacement for bytes that are not text. */
    private static final char UNREADABLE = 0xFFFD;

    private StateFile() {}

    /** Writes the file, for its owner only. After a crash at any moment it has the old content or the new one. */
    static void write(Path file, String content) throws IOException {
        Path making = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(making);
        try {
            try (FileChannel channel = DataFolder.createOwnerOnly(making)) {
                ByteBuffer bytes = ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(making, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Files.deleteIfExists(making);
            throw e;
        }
        syncFolder(file.resolveSibling(""));
    }

    /** Returns the content of the file, without surrounding blanks; empty when it is missing, empty, or not text. */
    static Optional<String> read(Path file) throws IOException {
        if (Files.notExists(file) || Files.size(file) > MOST_BYTES) {
            return Optional.empty();
        }
        String content = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
        boolean isText = content.chars().allMatch(c -> c != UNREADABLE && (c >= ' ' || Character.isWhitespace(c)));
        return content.isEmpty() || !isText ? Optional.empty() : Optional.of(content);
    }

    /** Writes the folder to the disk, because a name is durable only when its folder is. */
    private static void syncFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
