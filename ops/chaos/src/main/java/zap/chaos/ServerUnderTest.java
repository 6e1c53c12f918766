package zap.chaos;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The real server in a process of its own, with its own PostgreSQL: both can be killed. */
final class ServerUnderTest implements AutoCloseable {

    private static final long READY_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(120);

    private final List<String> command;
    private final Path data;
    private final Path log;
    private final int port;
    /** Whoever stops the simulator with Ctrl-C leaves no server behind. */
    private final Thread atExit = new Thread(this::endAtExit);

    private volatile @Nullable Process process;

    private void endAtExit() {
        Process running = process;
        if (running != null) {
            running.destroy(); // in good order: its database ends with it
        }
    }

    /**
     * @param java how to start its JVM: the program, its options, {@code -jar} and the jar
     * @param folder for its data and its log
     */
    ServerUnderTest(List<String> java, Path folder) throws IOException {
        this.data = Files.createDirectories(folder.resolve("data"));
        this.log = folder.resolve("server.log");
        this.port = freePort();
        Runtime.getRuntime().addShutdownHook(atExit);
        command = new ArrayList<>(java);
        command.addAll(List.of(
                "--zap.gateway.address=127.0.0.1",
                "--zap.gateway.port=" + port,
                "--zap.gateway.recv-port=" + freePort(),
                "--server.port=" + freePort(),
                // What was delivered is deleted all the time, so that faults meet with that, too.
                "--zap.mailbox.forget-every=1s"));
    }

    int port() {
        return port;
    }

    Path log() {
        return log;
    }

    /** Starts it (again), and does not wait for anything. */
    void launch() throws IOException {
        var builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("ZAP_DATA", data.toString());
        builder.environment().remove("ZAP_DATABASE_URL");
        process = builder.start();
    }

    /** Waits until it takes connections; starts it again if it has ended, which it may, when its database was killed while it started. */
    void awaitReady() throws IOException {
        long end = System.nanoTime() + READY_WITHIN_NANOS;
        while (!accepts()) {
            if (System.nanoTime() > end) {
                throw new IOException("The server is not ready; see " + log);
            }
            if (!isAlive()) {
                launch();
            }
            pause();
        }
    }

    private boolean accepts() {
        if (!isAlive()) {
            return false;
        }
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    boolean isAlive() {
        Process running = process;
        return running != null && running.isAlive();
    }

    /** kill -9. Its PostgreSQL lives on, and belongs to the next one. */
    void kill() throws IOException {
        end(true);
    }

    /** SIGTERM, and waits for its end. */
    void stop() throws IOException {
        end(false);
    }

    private void end(boolean forcibly) throws IOException {
        Process running = process;
        if (running == null) {
            return;
        }
        if (forcibly) {
            running.destroyForcibly();
        } else {
            running.destroy();
        }
        try {
            if (!running.waitFor(60, TimeUnit.SECONDS)) {
                throw new IOException("The server does not end; see " + log);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** kill -9 for the postmaster: the server has to start it again. */
    void killDatabase() throws IOException {
        Path pidFile = data.resolve("postgresql").resolve("data").resolve("postmaster.pid");
        if (Files.exists(pidFile)) {
            List<String> lines = Files.readAllLines(pidFile);
            if (!lines.isEmpty()) {
                ProcessHandle.of(Long.parseLong(lines.getFirst().strip())).ifPresent(ProcessHandle::destroyForcibly);
            }
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(25); // between two looks
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        // In good order, so that its database ends with it: also one whose server was killed.
        awaitReady();
        stop();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }
}
