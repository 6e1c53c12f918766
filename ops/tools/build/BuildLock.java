import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The right to build in a checkout. Two Maven runs at once would write the same files.
 *
 * <p>It is a lock of the operating system on the file zap.lock. So it ends with its process, however that ends, and a
 * file that a crash or a full disk has left holds nobody up. The file contains the process id of the owner, for the
 * message only. The owner deletes it at the end; a waiting process that then gets the lock of the deleted file tries
 * again.
 */
final class BuildLock implements AutoCloseable {

    private static final long POLL_MILLIS = 200;

    private final Path file;
    private final FileChannel channel;

    /** Null until the lock is held. */
    private FileChannel reader;

    private BuildLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** Waits until no other process builds here. Says so once if there is one. */
    static BuildLock take() throws IOException, InterruptedException {
        Path file = Build.workshop().resolve("zap.lock");
        boolean told = false;
        while (true) {
            BuildLock lock = attempt(file);
            if (lock != null) {
                return lock;
            }
            String owner = ownerIn(file);
            if (!told && !owner.isEmpty()) {
                Build.say("Another zap (process " + owner + ") is building in this checkout; waiting for it …");
                told = true;
            }
            // There is no event to wait for that would also notice a file that was deleted meanwhile.
            Thread.sleep(POLL_MILLIS);
        }
    }

    /** Returns null if another process has the lock at this moment. */
    private static BuildLock attempt(Path file) throws IOException {
        FileChannel channel;
        try {
            Files.createDirectories(file.getParent());
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (IOException e) {
            String why = e instanceof AccessDeniedException ? "no permission" : e.toString().replaceFirst("^[\\w.]+: ", "");
            throw BuildFailure.unavailable(
                    "zap has to write to " + file.getParent() + ", and cannot: " + why + ".",
                    "If this copy of zap belongs to another user, let them build it, or make one of your own.");
        }
        var lock = new BuildLock(file, channel);
        try {
            FileLock held = channel.tryLock();
            if (held != null && lock.isOfTheFileThatIsThere()) {
                return lock;
            }
        } catch (IOException e) {
            lock.closeChannels();
            throw e;
        }
        lock.closeChannels();
        return null;
    }

    /**
     * Writes the owner into the locked file, and tells whether it is still the one with this name.
     *
     * <p>The channel that reads stays open as long as the lock: with POSIX locks, closing any descriptor of a file ends
     * the locks that the process has on it.
     */
    private boolean isOfTheFileThatIsThere() throws IOException {
        String own = ProcessHandle.current().pid() + "\n";
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(own.getBytes(StandardCharsets.US_ASCII)), 0);
        try {
            reader = FileChannel.open(file, StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            return false;
        }
        var found = ByteBuffer.allocate(own.length() + 1);
        reader.read(found, 0);
        return new String(found.array(), 0, found.position(), StandardCharsets.US_ASCII).equals(own);
    }

    private static String ownerIn(Path file) throws IOException {
        try {
            String owner = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
            return owner.matches("\\d+") ? owner : "";
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(file);
        closeChannels();
    }

    private void closeChannels() throws IOException {
        if (reader != null) {
            reader.close();
        }
        channel.close();
    }
}
