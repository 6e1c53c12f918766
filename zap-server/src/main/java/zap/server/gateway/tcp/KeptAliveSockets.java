package zap.server.gateway.tcp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketOption;
import jdk.net.ExtendedSocketOptions;
import org.springframework.integration.ip.tcp.connection.DefaultTcpSocketSupport;

/**
 * The socket options that detect a vanished host after about a minute: keepalive while there is nothing to send, and
 * the user timeout while there is, because keepalive pauses then.
 */
final class KeptAliveSockets extends DefaultTcpSocketSupport {

    private static final int IDLE_SECONDS = 30;
    private static final int INTERVAL_SECONDS = 10;
    private static final int PROBES = 3;

    private final PlatformTcp tcp;

    KeptAliveSockets(PlatformTcp tcp) {
        this.tcp = tcp;
    }

    @Override
    public void postProcessSocket(Socket socket) {
        try {
            set(socket, ExtendedSocketOptions.TCP_KEEPIDLE, IDLE_SECONDS);
            set(socket, ExtendedSocketOptions.TCP_KEEPINTERVAL, INTERVAL_SECONDS);
            set(socket, ExtendedSocketOptions.TCP_KEEPCOUNT, PROBES);
            tcp.setUserTimeout(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void set(Socket socket, SocketOption<Integer> option, int value) throws IOException {
        if (socket.supportedOptions().contains(option)) {
            socket.setOption(option, value);
        }
    }
}
