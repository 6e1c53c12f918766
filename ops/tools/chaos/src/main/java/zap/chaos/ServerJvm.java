package zap.chaos;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The process of a server, which is started, paused, stopped and killed from outside. */
final class ServerJvm implements AutoCloseable {

    /** Maximum time of a start, on a machine that has next to no time for it. */
    static final long READY_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(300);

    static final long ENDS_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int CONNECT_MILLIS = 1_000;

    private final List<String> command;
    private final Map<String, String> environment;
    private final Path log;
    private final int port;

    /** Ends the server when Ctrl-C ends the simulator. */
    private final Thread atExit = new Thread(this::endAtExit);

    private volatile @Nullable Process process;

    private void endAtExit() {
        Process running = process;
        if (running != null) {
            running.destroy(); // in good order: its database ends with it
        }
    }

    /**
     * @param java how to start the server's JVM: the program, its options, {@code -jar} and the jar
     * @param options the server's, in addition to those that every server here has
     * @param environment variables in addition to those of this process
     * @param log the file for its output
     */
    ServerJvm(List<String> java, List<String> options, Map<String, String> environment, Path log) {
        this.environment = Map.copyOf(environment);
        this.log = log;
        this.port = FreePorts.block();
        this.command = new ArrayList<>(java);
        command.addAll(List.of(
                "--zap.gateway.address=127.0.0.1",
                "--zap.gateway.port=" + port,
                "--zap.gateway.recv-port=" + (port + 1),
                "--server.port=" + (port + 2),
                // What was delivered is deleted all the time, so that faults meet with that, too.
                "--zap.mailbox.forget-every=1s"));
        command.addAll(options);
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /** Returns the port that clients connect to. */
    int port() {
        return port;
    }

    /** Starts it (again), and does not wait for anything. */
    void launch() throws IOException {
        var builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment()
                .keySet()
                .removeAll(List.of("ZAP_DATABASE_URL", "ZAP_DATABASE_USER", "ZAP_DATABASE_PASSWORD"));
        builder.environment().putAll(environment);
        process = builder.start();
    }

    /**
     * Waits until it takes connections; starts it again if it has ended, which it may, when its database was killed
     * while it started.
     */
    void awaitReady() throws IOException {
        long end = System.nanoTime() + READY_WITHIN_NANOS;
        while (!accepts()) {
            if (System.nanoTime() > end) {
                throw new IOException("The server is not ready; see " + log);
            }
            if (!isAlive()) {
                launch();
            }
            World.pause(25); // between two looks
        }
    }

    /** Returns whether it takes connections. */
    boolean accepts() {
        if (!isAlive()) {
            return false;
        }
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    boolean isAlive() {
        Process running = process;
        return running != null && running.isAlive();
    }

    /** kill -9. */
    void kill() throws IOException {
        end(true);
    }

    /** SIGTERM, and waits for its end. */
    void stop() throws IOException {
        resume();
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
            if (!running.waitFor(ENDS_WITHIN_NANOS, TimeUnit.NANOSECONDS)) {
                throw new IOException("The server does not end; see " + log);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** Stops the process for a time (SIGSTOP). Its connections stay, and nothing answers. */
    void pause() throws IOException {
        signal("STOP");
    }

    /** Lets a paused process go on. */
    void resume() throws IOException {
        signal("CONT");
    }

    private void signal(String name) throws IOException {
        Process running = process;
        if (running != null && running.isAlive()) {
            Signals.send(name, List.of(running.pid()));
        }
    }

    /** Kills it. */
    @Override
    public void close() throws IOException {
        kill();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }
}
