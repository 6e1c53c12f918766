package zap.shell.connection;

/**
 * A place where a server may be.
 *
 * @param host a name, which may have several addresses, or one address
 */
public record Endpoint(String host, int port) {}
