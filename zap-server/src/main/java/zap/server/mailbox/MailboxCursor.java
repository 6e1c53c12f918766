package zap.server.mailbox;

import zap.protocol.HistoryDigest;

/**
 * How far a client's mailbox has come.
 *
 * @param session the number of the session that the client has now, or had last
 * @param given the last position that the client confirmed; mail goes on after it
 * @param digest the digest of the mailbox at that position
 * @param tail the last position there is
 */
public record MailboxCursor(long session, long given, HistoryDigest digest, long tail) {

    /** Where a new client stands. */
    public static final MailboxCursor NEW = new MailboxCursor(0, 0, HistoryDigest.EMPTY, 0);
}
