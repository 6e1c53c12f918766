package zap.server.gateway.tcp;

import java.io.IOException;
import zap.server.gateway.session.CloseReason;

/**
 * The connection must end because of its PROXY protocol header. Carries the reason through Spring Integration, which
 * passes only I/O errors here.
 */
final class ProxyHeaderException extends IOException {

    private static final long serialVersionUID = 1;

    private final CloseReason reason;

    ProxyHeaderException(CloseReason reason, String message) {
        super(message);
        this.reason = reason;
    }

    CloseReason reason() {
        return reason;
    }
}
