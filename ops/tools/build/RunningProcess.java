import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * A process that was started here and does not outlive this one: it is asked to end, with all it has started, when it
 * is closed or when this JVM ends.
 */
final class RunningProcess implements AutoCloseable {

    private final Process process;
    private final Thread atExit;

    RunningProcess(Process process) {
        this.process = process;
        this.atExit = new Thread(this::end, "end-" + process.pid());
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    InputStream output() {
        return process.getInputStream();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    int waitFor() throws InterruptedException {
        return process.waitFor();
    }

    /** Asks the process to end, as Ctrl-C would, and waits until it has. */
    void end() {
        // Its own processes would be nobody's afterwards, so they are listed before.
        List<ProcessHandle> below = process.descendants().toList();
        process.destroy();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        below.forEach(ProcessHandle::destroy);
    }

    @Override
    public void close() throws IOException {
        end();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            return; // this JVM is ending, and the hook is running
        }
    }
}
