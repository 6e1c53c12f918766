package zap.server.mailbox;

import java.util.List;

/** The listener for mail of clients whose sessions are on other nodes. */
public interface MailElsewhere {

    /**
     * Reports committed mail. Called on the writer's thread: must not block.
     *
     * @param node the node on which the clients' last sessions began
     * @param mail the entries by client
     */
    void stored(long node, List<ClientMail> mail);
}
