package zap.server.gateway.tls;

import java.io.IOException;
import zap.server.gateway.session.CloseReason;

/** A TLS handshake failed. Carries the reason through Spring Integration, which passes only I/O errors here. */
public final class TlsHandshakeException extends IOException {

    private static final long serialVersionUID = 1;

    private final CloseReason reason;

    TlsHandshakeException(CloseReason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public CloseReason reason() {
        return reason;
    }
}
