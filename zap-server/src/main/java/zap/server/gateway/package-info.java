/**
 * The TCP edge: listeners, framing, sessions, and the way out.
 *
 * <p>The only package that imports Spring Integration. Nobody calls it; it calls identity, messaging and group with what came, and the
 * mailbox for what goes out. The mailbox knows it as {@link zap.server.mailbox.MailArrivals}.
 *
 * <p>To be touched with care: only a session's own {@link zap.server.gateway.Outbox} writes to its socket; only the connection's own
 * thread reads. Where TLS is between them ({@link zap.server.gateway.TlsLayer}), it is the socket below that is closed.
 * Which session a client has, only {@link zap.server.gateway.ClientSessions} decides. Guarded by the wire transcripts
 * ({@code *IT}), {@code OutboxTest} and {@code ClientSessionsTest}.
 */
@NullMarked
package zap.server.gateway;

import org.jspecify.annotations.NullMarked;
