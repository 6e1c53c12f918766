package zap.server.gateway.tcp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketOption;
import jdk.net.ExtendedSocketOptions;
import org.springframework.integration.ip.tcp.connection.DefaultTcpSocketSupport;

/**
 * Sets each accepted socket so that a host which vanished is noticed after about a minute: by keepalive while there is nothing to be
 * sent, by the user timeout while something is, for then keepalive does not speak.
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
