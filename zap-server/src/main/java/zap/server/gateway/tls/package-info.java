/**
 * TLS over an accepted socket, and the certificate that it shows.
 *
 * <p>Called by {@code tcp}, which wraps the socket of each connection of the TLS listener, and by {@link
 * zap.server.gateway.Gateway}, which describes the certificate to operators.
 *
 * <p>To be touched with care: closing a connection closes the socket below TLS, because closing an {@link
 * javax.net.ssl.SSLSocket} does not end a thread that waits in it (docs/adr/0007-tls-over-the-accepted-socket.md).
 * Guarded by {@code TlsBundleTest} and {@code TlsIT}.
 */
@NullMarked
package zap.server.gateway.tls;

import org.jspecify.annotations.NullMarked;
