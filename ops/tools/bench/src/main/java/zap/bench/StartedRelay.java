package zap.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import zap.bench.load.CannotMeasureException;

/** The relay as a process of its own, so that its processor time is not the load generator's. */
final class StartedRelay implements AutoCloseable {

    private final Process process;
    private final int port;

    private StartedRelay(Process process, int port) {
        this.process = process;
        this.port = port;
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
    }

    static StartedRelay start() throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Bench.class.getName(),
                        "relay")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out = process.inputReader();
        String said = out.readLine();
        if (said == null || !said.matches(".* \\d+")) {
            process.destroy();
            throw new CannotMeasureException("The relay did not start: " + said);
        }
        return new StartedRelay(process, Integer.parseInt(said.substring(said.lastIndexOf(' ') + 1)));
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        process.destroy();
    }
}
