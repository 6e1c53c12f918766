package zap.shell.connection;

/** Failures of the encryption, for tests that have no certificates. */
public final class TlsFaults {

    private TlsFaults() {}

    /** Returns what a dialer throws for this fault. */
    public static TlsFaultException exception(TlsFault fault) {
        return new TlsFaultException(fault, new Exception("a test"));
    }
}
