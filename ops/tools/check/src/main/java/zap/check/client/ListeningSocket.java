package zap.check.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** The sockets on which the suite waits for a client: plain, or with TLS. */
public final class ListeningSocket {

    private static final int BACKLOG = 50;

    private ListeningSocket() {}

    /**
     * Opens a socket.
     *
     * @param port 0 for a free one
     * @param certificate for TLS; null for a plain socket
     */
    public static ServerSocket open(String host, int port, @Nullable SSLContext certificate) throws IOException {
        ServerSocket socket = certificate == null
                ? new ServerSocket()
                : certificate.getServerSocketFactory().createServerSocket();
        try {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(host), port), BACKLOG);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }
}
