package zap.server.mailbox;

import java.util.List;

/** The listener for new mail: the sessions, which the mailbox knows only through this interface. */
public interface MailArrivals {

    /** Returns whether the client has a session here, so that new mail should be reported. */
    boolean isOnline(long client);

    /**
     * Reports committed mail. Called on the writer's thread: must not block.
     *
     * @param mail consecutive entries of the client's log, oldest first
     */
    void arrived(long client, List<MailboxItem> mail);

    /**
     * Reports that a mailbox may hold mail that was not reported. Called on the writer's thread: must not block.
     *
     * @param cursor the client's cursors, as they were a moment ago
     */
    void mayHaveArrived(long client, MailboxCursor cursor);

    /**
     * Reports that the database has lost entries that it had confirmed. Positions and streams that sessions know may
     * not exist any more, or mean something else. Called on the writer's thread: must not block.
     */
    void historyLost();
}
