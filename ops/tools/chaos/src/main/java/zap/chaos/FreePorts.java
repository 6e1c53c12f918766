package zap.chaos;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/**
 * Ports of 127.0.0.1 on which no program listens.
 *
 * <p>They are below those that systems lend to outgoing connections (32768 and above): the system could lend a port of
 * its own choice before a server listens on it.
 */
final class FreePorts {

    private static final int FIRST_PORT = 18_000;

    /** Number of consecutive ports in a block. */
    static final int IN_A_BLOCK = 3;

    private static final int BLOCKS = 300;

    private static final int MOST_REMEMBERED = BLOCKS / 2;

    /** The first ports of the last blocks that were returned: a server listens seconds after its ports were chosen. */
    private static final Deque<Integer> RETURNED = new ArrayDeque<>();

    private FreePorts() {}

    /** Returns the first port of a block in which all are free, another one each time. */
    static synchronized int block() {
        while (true) {
            int first = FIRST_PORT + IN_A_BLOCK * ThreadLocalRandom.current().nextInt(BLOCKS);
            if (!RETURNED.contains(first)
                    && IntStream.range(first, first + IN_A_BLOCK).allMatch(FreePorts::isFree)) {
                RETURNED.addLast(first);
                if (RETURNED.size() > MOST_REMEMBERED) {
                    RETURNED.removeFirst();
                }
                return first;
            }
        }
    }

    private static boolean isFree(int port) {
        try (var _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return true;
        } catch (IOException _) {
            return false;
        }
    }
}
