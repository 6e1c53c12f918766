package zap.server.gateway.tls;

import java.io.IOException;
import zap.server.gateway.session.CloseReason;

/** No encrypted connection came about. Carries why through Spring Integration, which only knows I/O errors here. */
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
