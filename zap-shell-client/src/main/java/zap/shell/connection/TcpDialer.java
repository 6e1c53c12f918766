package zap.shell.connection;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** A dialer over TCP without encryption. */
final class TcpDialer implements Transport.Dialer {

    private final EndpointOrder order;
    private final Duration patience;

    TcpDialer(List<Endpoint> endpoints, Duration patience) {
        this.order = new EndpointOrder(endpoints);
        this.patience = patience;
    }

    @Override
    public Transport dial() throws IOException {
        return new TcpTransport(TcpTransport.connect(order, patience).socket());
    }

    @Override
    public void failed() {
        order.failed();
    }
}
