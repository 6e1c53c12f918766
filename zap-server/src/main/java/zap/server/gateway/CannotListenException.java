package zap.server.gateway;

import java.io.IOException;

/** A port that the server was told to listen on is not to be had. */
final class CannotListenException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final int port;

    CannotListenException(int port, IOException cause) {
        super("Cannot listen on port " + port + ": " + cause.getMessage(), cause);
        this.port = port;
    }

    int port() {
        return port;
    }
}
