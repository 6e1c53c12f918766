/**
 * Listeners, sockets and framing: the only package that imports Spring Integration.
 *
 * <p>Opened and closed by {@link zap.server.gateway.Gateway} through {@link zap.server.gateway.tcp.Listeners}. It opens
 * a session for each accepted connection, passes decoded frames to it, and translates each exception that ends reading
 * into a {@link zap.server.gateway.session.CloseReason}. Sessions know a connection only as a {@link
 * zap.server.gateway.session.Link}.
 *
 * <p>To be touched with care: only the connection's own thread reads from a socket, and only the session's outbox
 * writes to it, through the outbound adapter of the listener. Guarded by {@code FullWidthInputTest}, {@code
 * OutboundAdapterTest}, {@code FramingIT}, {@code PlatformTcpTest}, {@code PlatformTcpIT} and the fuzz targets {@code
 * FullWidthInputFuzz} and {@code RecvInputFuzz}; the header of a proxy by {@code ProxyHeaderTest} and {@code
 * BehindProxyIT}.
 */
@NullMarked
package zap.server.gateway.tcp;

import org.jspecify.annotations.NullMarked;
