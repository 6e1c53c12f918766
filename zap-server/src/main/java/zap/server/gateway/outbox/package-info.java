/**
 * The only way out of a session: writes replies and mail to the peer, and confirms the mail that the peer has received.
 *
 * <p>Called by {@code session}. It reads pages from the mailbox and submits confirmations to it. It writes to the
 * connection through {@link zap.server.gateway.outbox.Outbox.Peer}.
 *
 * <p>To be touched with care: what to do next is decided under the outbox's lock, and done outside it; a confirmation
 * must never exceed what the peer has acknowledged, and behind a proxy what is known of the peer itself. Guarded by
 * {@code OutboxTest}, {@code WrittenMailTest}, {@code ProxiedMailTest}, {@code AcknowledgementWatchTest} and {@code
 * DeliveredMeansAcknowledgedIT}.
 */
@NullMarked
package zap.server.gateway.outbox;

import org.jspecify.annotations.NullMarked;
