package zap.server.gateway;

import java.io.IOException;

/** No encrypted connection came about. Carries why through Spring Integration, which only knows I/O errors here. */
final class TlsHandshakeException extends IOException {

    private static final long serialVersionUID = 1;

    private final CloseReason reason;

    TlsHandshakeException(CloseReason reason, String message) {
        super(message);
        this.reason = reason;
    }

    CloseReason reason() {
        return reason;
    }
}
