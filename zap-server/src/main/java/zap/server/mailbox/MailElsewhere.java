package zap.server.mailbox;

import java.util.Set;

/** The listener for mail of clients whose sessions are on other nodes. */
public interface MailElsewhere {

    /**
     * Reports committed mail. Called on the writer's thread: must not block.
     *
     * @param node the node on which the clients' last sessions began
     */
    void stored(long node, Set<Long> clients);
}
