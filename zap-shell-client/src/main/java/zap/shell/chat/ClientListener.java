package zap.shell.chat;

import java.util.Map;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.Reason;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.Messages.Message;
import zap.shell.store.PendingGroups.PendingGroup;
import zap.shell.store.People.Group;

/** A listener to the events of a client. The connection's threads call it after the event is on disk. */
public interface ClientListener {

    /** Receives a message that came after all waiting mail had come. */
    default void arrived(Message message) {}

    /**
     * Reports that all waiting mail has come, once for every connection.
     *
     * @param arrived the number of messages for each chat
     */
    default void caughtUp(Map<Address, Integer> arrived) {}

    /** Reports a receipt for messages of the user. */
    default void receipt(ClientId from, boolean read) {}

    /** Reports that messages of the user have come to the server. */
    default void settled(int messages) {}

    /** Reports messages that were on their way when a connection broke, with unknown outcome. */
    default void unsure(int messages) {}

    /** Reports that the server has refused a message of the user. */
    default void refused(Message message, Reason reason) {}

    /** Reports that the server has refused to make a group. */
    default void groupRefused(PendingGroup group, Reason reason) {}

    /** Reports a new group that the user is in. */
    default void group(Group group) {}

    /**
     * Reports that a new group has taken the place of one that the server lost.
     *
     * @param old as it was, with its name
     */
    default void groupReplaced(Group old, Group fresh) {}

    /** Reports an event in the history of this store that the user must know. */
    default void history(HistoryEvent event) {}

    /** Reports a member who is no longer in a group, because the server has forgotten them. */
    default void left(Group group, ClientId person) {}

    /** A listener that ignores all events. */
    ClientListener NOBODY = new ClientListener() {};
}
