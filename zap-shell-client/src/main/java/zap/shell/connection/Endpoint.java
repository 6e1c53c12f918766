package zap.shell.connection;

/**
 * An endpoint of a server.
 *
 * @param host a name, which may have several addresses, or one address
 */
public record Endpoint(String host, int port) {

    /** Returns it as users type it. */
    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
