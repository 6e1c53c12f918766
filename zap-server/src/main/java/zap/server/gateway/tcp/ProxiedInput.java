package zap.server.gateway.tcp;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;
import zap.server.gateway.tls.HandshakeInput;

/**
 * The input of a connection that a trusted proxy has made. The first read takes the header of the PROXY protocol from
 * the socket, on the connection's own thread, so that a proxy that sends none delays no other connection.
 */
final class ProxiedInput extends FilterInputStream implements HandshakeInput {

    private final InputStream socket;
    private final Receiver receiver;
    private volatile boolean done;

    /** The receiver of the header. */
    interface Receiver {
        /**
         * Notes the header.
         *
         * @throws IOException when the connection must end because of it
         */
        void came(ProxyHeader header) throws IOException;
    }

    /**
     * Makes the input. The first read takes the header.
     *
     * @param socket the input of the accepted socket, where the header is
     * @param behind the bytes behind the header: the same, or TLS over it
     */
    ProxiedInput(InputStream socket, InputStream behind, Receiver receiver) {
        super(behind);
        this.socket = socket;
        this.receiver = receiver;
    }

    /** Returns whether the header has not been read yet. */
    boolean isBeforeHeader() {
        return !done;
    }

    /** Reads the header, and then completes the handshake of TLS, if there is one. */
    @Override
    public void handshake() throws IOException {
        if (!done) {
            @Nullable ProxyHeader header = ProxyHeader.read(socket);
            done = true;
            if (header != null) {
                receiver.came(header);
            }
        }
        if (in instanceof HandshakeInput encrypted) {
            encrypted.handshake();
        }
    }
}
