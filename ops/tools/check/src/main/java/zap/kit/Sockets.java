package zap.kit;

import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;

/** The ends of connections. A failure while closing is ignored, because the socket is gone then, too. */
public final class Sockets {

    private Sockets() {}

    /** Closes a socket, or one that listens. */
    public static void close(Closeable socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone all the same.
        }
    }

    /** Closes with a reset, so that the peer sees a lost connection and not a regular end. */
    public static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            // It is closed already.
        }
        close(socket);
    }
}
