import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** An empty folder that is deleted when it is closed or when this JVM ends. */
final class TemporaryFolder implements AutoCloseable {

    private final Path path;
    private final Thread atExit;

    TemporaryFolder() throws IOException {
        path = Files.createTempDirectory("zap");
        atExit = new Thread(this::delete, "delete-" + path.getFileName());
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    Path path() {
        return path;
    }

    private void delete() {
        try {
            FileTrees.delete(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        delete();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            return; // this JVM is ending, and the hook is running
        }
    }
}
