package zap.server.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.random.RandomGenerator;

/**
 * Ports for servers that are started later, or again.
 *
 * <p>Several test processes run side by side, and a server binds its ports only seconds after they were chosen. So a
 * port is reserved with a lock on its byte of a file that all of them share; the lock ends with the process.
 */
public final class ReservedPort {

    /**
     * The lower bound, below the ports that systems lend to outgoing connections (32768 and above), those of zap's own
     * PostgreSQL (20000 to 29999), and those of the servers that bench and chaos start (18000 to 19999).
     */
    private static final int FIRST_PORT = 10_000;

    private static final int PORTS = 8_000;

    private static final FileChannel RESERVATIONS = reservations();

    private ReservedPort() {}

    /**
     * Returns a port of 127.0.0.1 on which no program listens, and that no other test process of this machine gets
     * while this one runs.
     */
    public static int next() {
        while (true) {
            int port = FIRST_PORT + RandomGenerator.getDefault().nextInt(PORTS);
            if (isReserved(port) && isFree(port)) {
                return port;
            }
        }
    }

    private static boolean isReserved(int port) {
        try {
            return RESERVATIONS.tryLock(port, 1, false) != null;
        } catch (OverlappingFileLockException _) {
            return false; // this process has it
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isFree(int port) {
        try (var _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    private static FileChannel reservations() {
        Path file = Path.of(System.getProperty("java.io.tmpdir"), "zap-test-ports-" + System.getProperty("user.name"));
        try {
            return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
