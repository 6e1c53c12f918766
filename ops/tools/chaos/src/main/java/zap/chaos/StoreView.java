package zap.chaos;

import java.util.List;
import zap.protocol.ClientId;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.Messages.Message;

/** The content of one store of an identity, as the judge sees it. */
interface StoreView {

    String name();

    /** The identity whose store it is. */
    ClientId id();

    /** Returns all messages in both directions with greater numbers, in the order in which they were written down. */
    List<Message> messagesAfter(long number);

    /** Returns the number of the newest message. */
    long newest();

    /** Returns what the store has told its person about its history, from greater ids on. */
    List<HistoryEvent> saidAfter(long id);

    /** Returns the id of what it has told last. */
    long newestSaid();

    /** Returns up to where the store has the mailbox of its identity. */
    long position();

    /** Returns the texts that are there more than once. */
    List<String> doubled();
}
