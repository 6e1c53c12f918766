/**
 * The log: stores frames, numbers them, gives them out, notes confirmations, and deletes what was delivered. No other
 * package knows how frames are kept.
 *
 * <p>Messaging, groups, identity and the admin's erasure submit {@link zap.server.mailbox.Write}s. The gateway reads
 * pages, and learns of new mail through {@link zap.server.mailbox.MailArrivals}. Nothing here knows a socket.
 *
 * <p>Change with care: the order of steps in {@link zap.server.mailbox.MailboxWriter} (lock, decide, write, commit, and
 * only then report), and {@link zap.server.mailbox.ReceiptLedger}, which keeps every delivery receipt true. Guarded by
 * {@code ReceiptLedgerTest}, {@code MailboxWriterTest} and {@code MailboxStatementsJdbcIT}.
 */
@NullMarked
package zap.server.mailbox;

import org.jspecify.annotations.NullMarked;
