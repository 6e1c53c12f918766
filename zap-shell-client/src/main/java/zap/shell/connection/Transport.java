package zap.shell.connection;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import jdk.net.ExtendedSocketOptions;

/** A connection as bytes. */
public interface Transport extends AutoCloseable {

    /**
     * Reads what is there, waiting for it.
     *
     * @param wait how long to wait; zero is for ever
     * @return how many bytes came, 0 when none did for so long, -1 at the end
     */
    int read(ByteBuffer into, Duration wait) throws IOException;

    void write(byte[] bytes) throws IOException;

    /** Says that nothing more will be written; reading goes on. */
    void finishWriting() throws IOException;

    @Override
    void close();

    /** Makes connections. */
    interface Dialer {
        Transport dial() throws IOException;
    }

    /** Dials over TCP. A peer that has vanished is found out by keep-alive within a minute, also when nobody says anything. */
    static Dialer tcp(String host, int port, Duration patience) {
        return () -> {
            var socket = new Socket();
            try {
                socket.setTcpNoDelay(true);
                socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
                if (socket.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE)) {
                    socket.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, 20);
                    socket.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, 10);
                    socket.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, 3);
                }
                socket.connect(new InetSocketAddress(host, port), (int) patience.toMillis());
                return new TcpTransport(socket);
            } catch (IOException | RuntimeException e) {
                socket.close();
                throw e;
            }
        };
    }
}
