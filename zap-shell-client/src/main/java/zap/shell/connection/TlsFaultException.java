package zap.shell.connection;

import java.io.IOException;

/** Thrown when a TLS connection could not be trusted. No frame was sent on it. */
public final class TlsFaultException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient TlsFault fault;

    TlsFaultException(TlsFault fault, Throwable cause) {
        super(fault.toString(), cause);
        this.fault = fault;
    }

    public TlsFault fault() {
        return fault;
    }
}
