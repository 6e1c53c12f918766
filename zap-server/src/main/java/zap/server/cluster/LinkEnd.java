package zap.server.cluster;

/**
 * The place at which a node takes mail from other nodes, as its row in the database says.
 *
 * @param host the name or address
 * @param port the port
 * @param fingerprint the SHA-256 of the node's certificate, in hexadecimal digits. Whoever may write the database is
 *     trusted, and nobody else gets in
 */
public record LinkEnd(String host, int port, String fingerprint) {}
