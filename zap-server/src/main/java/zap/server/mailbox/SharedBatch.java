package zap.server.mailbox;

import java.util.List;

/**
 * A batch that was decided by cached rows while other nodes may append to the same mailboxes. The database gives its
 * entries their positions.
 *
 * @param name the batch's name
 * @param rows the changed rows, in ascending order of their clients; their tails count this batch's entries and
 *     receipts from the tails that were cached
 * @param entries the entries, those of each mailbox in their order
 * @param receipts the receipts that are due, each behind the entries of its mailbox
 * @param reads read receipts (09) among the entries, as their delivery receipts: they must be true, too
 * @param maxWaiting maximum number of waiting entries in a mailbox that takes messages
 */
record SharedBatch(
        MailboxStatements.BatchName name,
        List<Counters> rows,
        List<NewEntry> entries,
        List<DueReceipt> receipts,
        List<DueReceipt> reads,
        long maxWaiting) {}
