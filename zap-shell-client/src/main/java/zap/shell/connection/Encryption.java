package zap.shell.connection;

import java.time.Instant;
import java.util.List;

/**
 * The properties of an encrypted connection.
 *
 * @param protocol the version of TLS, by the JDK's name
 * @param names the names that the server's certificate is for
 * @param until the time when the certificate expires
 * @param pin of the server's key
 */
public record Encryption(String protocol, List<String> names, Instant until, String pin) {}
