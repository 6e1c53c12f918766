package zap.shell.chat;

import java.util.Map;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.Reason;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.Messages.Message;
import zap.shell.store.Messages.PendingGroup;
import zap.shell.store.People.Group;

/** What somebody who watches may want to know. Called from the line's threads, after it is on disk. */
public interface ClientListener {

    /** A message came while we are up to date. */
    default void arrived(Message message) {}

    /** All that had waited for us is here: so many messages in these chats. Comes once for every connection. */
    default void caughtUp(Map<Address, Integer> arrived) {}

    /** Somebody has our messages, or has read them. */
    default void receipt(ClientId from, boolean read) {}

    /** Our messages have come to the server. */
    default void settled(int messages) {}

    /** So many messages were on their way when a connection broke, and nobody knows what became of them. */
    default void unsure(int messages) {}

    /** The server has refused one of our messages: it reaches nobody. */
    default void refused(Message message, Reason reason) {}

    /** The server has refused to make this group. */
    default void groupRefused(PendingGroup group, Reason reason) {}

    /** We are in a new group. */
    default void group(Group group) {}

    /**
     * A new group has taken the place of one that the server lost.
     *
     * @param old as it was, with its name
     */
    default void groupReplaced(Group old, Group fresh) {}

    /** Something happened to the history of this store that its person must know. */
    default void history(HistoryEvent event) {}

    /** Somebody is not in one of our groups any more: the server has forgotten them. */
    default void left(Group group, ClientId person) {}

    /** Nobody watches. */
    ClientListener NOBODY = new ClientListener() {};
}
