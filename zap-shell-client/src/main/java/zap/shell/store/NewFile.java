package zap.shell.store;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that gets its name when all of it is on disk.
 *
 * <p>Until then its content is in a temporary file beside it, which only its owner can read. It never replaces another
 * file.
 */
public final class NewFile implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(NewFile.class);

    private final Path file;
    private final Path part;

    private NewFile(Path file, Path part) {
        this.file = file;
        this.part = part;
    }

    /**
     * Begins a file.
     *
     * @throws FileAlreadyExistsException when a file of this name exists
     */
    public static NewFile begin(Path file) throws IOException {
        if (Files.exists(file)) {
            throw new FileAlreadyExistsException(file.toString());
        }
        Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent());
        if (!Files.exists(folder)) {
            throw new NoSuchFileException(file.toString());
        }
        if (!Files.isDirectory(folder)) {
            throw new FileSystemException(file.toString(), null, "Not a directory");
        }
        // Two processes may write the same file: each has a part of its own, and the second one finds the name taken.
        Path part = Files.createTempFile(folder, file.getFileName() + ".", ".part");
        part.toFile().deleteOnExit();
        return new NewFile(file, part);
    }

    /** Opens the file for writing. The caller closes the stream before {@link #publish}. */
    public OutputStream open() throws IOException {
        return Files.newOutputStream(part, StandardOpenOption.WRITE);
    }

    /**
     * Forces the file to disk and gives it its name.
     *
     * @throws FileAlreadyExistsException when a file of this name exists by now
     */
    public void publish() throws IOException {
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        publish(part, file);
    }

    /** Gives a complete file its name. Never replaces another file. */
    public static void publish(Path part, Path file) throws IOException {
        try {
            Files.createLink(file, part);
        } catch (UnsupportedOperationException e) {
            Files.move(part, file);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (IOException e) {
            // Some file systems have no second names, those of memory sticks among them.
            log.debug("No link for {}: {}", file, e.toString());
            Files.move(part, file);
        }
        try (FileChannel folder = FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            folder.force(true);
        } catch (IOException e) {
            // Some systems do not open folders; there the name is on disk a little later.
            log.debug("The folder of {} cannot be forced to disk: {}", file, e.toString());
        }
    }

    /** Deletes the temporary file, if it has not got its name. */
    @Override
    public void close() throws IOException {
        Files.deleteIfExists(part);
    }
}
