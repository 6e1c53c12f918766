/**
 * The log: store, position, give, confirm, forget. The only package that knows how frames are kept.
 *
 * <p>Messaging, groups and identity submit {@link zap.server.mailbox.Write}s; the gateway reads pages and is told of arrivals
 * ({@link zap.server.mailbox.MailArrivals}). Nothing here knows a socket.
 *
 * <p>To be touched with care: the order of steps in {@link zap.server.mailbox.MailboxWriter} (lock, decide, write, commit, and only
 * then tell), and {@link zap.server.mailbox.ReceiptLedger}, on which the truth of every delivery receipt rests. Guarded by
 * {@code ReceiptLedgerTest}, {@code MailboxWriterTest} and {@code JpaMailboxIT}.
 */
@NullMarked
package zap.server.mailbox;

import org.jspecify.annotations.NullMarked;
