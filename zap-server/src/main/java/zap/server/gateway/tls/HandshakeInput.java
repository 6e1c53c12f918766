package zap.server.gateway.tls;

import java.io.IOException;

/** An input stream that needs a handshake before it has bytes to read. */
public interface HandshakeInput {

    /** Completes the handshake; does nothing when it is done. Blocks, as a read does. */
    void handshake() throws IOException;
}
