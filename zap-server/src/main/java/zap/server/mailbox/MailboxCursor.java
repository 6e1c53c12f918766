package zap.server.mailbox;

import zap.protocol.HistoryDigest;

/**
 * The cursors of a client's mailbox.
 *
 * @param session the number of the client's current or last session
 * @param given the last position that the client confirmed; mail goes on after it
 * @param digest the digest of the mailbox at that position
 * @param tail the last position in the mailbox
 */
public record MailboxCursor(long session, long given, HistoryDigest digest, long tail) {

    /** The cursors of a new client. */
    public static final MailboxCursor NEW = new MailboxCursor(0, 0, HistoryDigest.EMPTY, 0);
}
