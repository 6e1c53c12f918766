package zap.shell.connection;

import java.time.Instant;
import java.util.List;

/**
 * What is known of an encrypted connection.
 *
 * @param protocol the version of TLS, as the JDK calls it
 * @param names whom the server's certificate is for
 * @param until when it expires
 * @param pin of the server's key
 */
public record Encryption(String protocol, List<String> names, Instant until, String pin) {}
