package zap.server.gateway;

import java.io.IOException;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** A port that the server was told to listen on is not to be had. */
final class CannotListenException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final int port;
    private final transient @Nullable InetAddress address;

    CannotListenException(int port, @Nullable InetAddress address, IOException cause) {
        super(
                "Cannot listen on port " + port + (address == null ? "" : " of " + address.getHostAddress()) + ": "
                        + cause.getMessage(),
                cause);
        this.port = port;
        this.address = address;
    }

    int port() {
        return port;
    }

    /** Returns the address that it was told to listen on; null when it was told none. */
    @Nullable
    InetAddress address() {
        return address;
    }
}
