package zap.server.tracing;

import java.util.List;
import zap.protocol.Reason;

/** The trace of one message until it is stored. Called by the writer's thread. */
public interface MessageTrace {

    /**
     * An entry of a mailbox.
     *
     * @param recipient the owner of the mailbox
     * @param position the entry's position in it
     */
    record Entry(long recipient, long position) {}

    /** Reports that a transaction begins that is to store the message; again, when an earlier one has failed. */
    void transactionBegins();

    /**
     * Reports that the message is stored.
     *
     * @param batchSize number of writes that shared the commit
     * @param entries the entries that the message has caused
     */
    void committed(int batchSize, List<Entry> entries);

    /** Reports that the message was refused, and has caused no entries. */
    void refused(Reason reason);
}
