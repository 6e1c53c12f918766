package zap.server.gateway;

import java.io.IOException;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** A configured port cannot be listened on. */
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

    /** Returns the configured address; null when none is configured. */
    @Nullable
    InetAddress address() {
        return address;
    }
}
