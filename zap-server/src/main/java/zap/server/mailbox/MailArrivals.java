package zap.server.mailbox;

import java.util.List;

/** Who wants to know that mail has come: the sessions, which the mailbox knows only by this. */
public interface MailArrivals {

    /** Whether the client has a session here, so that telling it of new mail is worth something. */
    boolean isOnline(long client);

    /**
     * Mail was committed. Called on the writer's thread: must not block.
     *
     * @param mail consecutive entries of the client's log, oldest first
     */
    void arrived(long client, List<MailboxItem> mail);
}
