package zap.shell.connection;

import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.List;

/** A dialer over TCP without encryption. */
final class TcpDialer extends SocketDialer {

    TcpDialer(List<Endpoint> endpoints, AddressLookup.Resolver resolver, Duration patience) {
        super(endpoints, resolver, patience);
    }

    @Override
    Transport over(Socket socket, ServerAddress address) throws IOException {
        try {
            return new TcpTransport(socket, address);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }
}
