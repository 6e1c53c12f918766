package zap.server.tracing;

import java.util.List;
import zap.protocol.Reason;

/** One message that is followed, until it is stored. Told by the writer's thread. */
public interface MessageTrace {

    /**
     * An entry of a mailbox.
     *
     * @param recipient whose mailbox it is
     * @param position where it stands in it
     */
    record Entry(long recipient, long position) {}

    /** A transaction begins that is to store it: for the first time, or once more, as the one before has failed. */
    void transactionBegins();

    /**
     * It is stored.
     *
     * @param batchSize how many writes shared the commit
     * @param entries what follows from it, for whom
     */
    void committed(int batchSize, List<Entry> entries);

    /** It was refused, and nothing follows from it. */
    void refused(Reason reason);
}
