package zap.shell.connection;

/**
 * An endpoint of a server.
 *
 * @param host a name, which may have several addresses, or one address
 */
public record Endpoint(String host, int port) {}
