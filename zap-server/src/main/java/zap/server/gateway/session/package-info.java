/**
 * Sessions: who is connected, which frames a session may send, and why it ends.
 *
 * <p>Called by {@code tcp} with the frames of a connection, and by the mailbox after each commit, which knows it as
 * {@link zap.server.mailbox.MailArrivals}. It submits frames to {@code messaging}, {@code group} and {@code identity},
 * and hands mail and replies to {@code outbox}.
 *
 * <p>To be touched with care: {@link zap.server.gateway.session.ClientSessions} alone decides which session a client
 * has, and {@link zap.server.gateway.session.SessionState} alone decides which frame a session may send. Guarded by
 * {@code ClientSessionsTest}, {@code SessionStateTest}, {@code SessionsFuzz}, {@code TakeOverIT} and the wire
 * transcripts ({@code TranscriptsIT}).
 */
@NullMarked
package zap.server.gateway.session;

import org.jspecify.annotations.NullMarked;
