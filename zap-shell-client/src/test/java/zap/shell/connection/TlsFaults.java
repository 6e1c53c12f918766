package zap.shell.connection;

/** TLS faults for tests that have no certificates. */
public final class TlsFaults {

    private TlsFaults() {}

    /** Returns the exception that a dialer throws for this fault. */
    public static TlsFaultException exception(TlsFault fault) {
        return new TlsFaultException(fault, new Exception("a test"));
    }
}
