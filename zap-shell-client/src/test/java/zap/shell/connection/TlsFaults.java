package zap.shell.connection;

/** Failures of the encryption, for tests that have no certificates. */
public final class TlsFaults {

    private TlsFaults() {}

    /** Returns what a dialer throws for this fault. */
    public static TlsException exception(TlsFault fault) {
        return new TlsException(fault, new Exception("a test"));
    }
}
