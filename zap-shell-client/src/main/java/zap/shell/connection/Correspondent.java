package zap.shell.connection;

import java.util.List;
import zap.protocol.ClientId;
import zap.protocol.Frame;

/** Whom a line is for: knows what frames mean. A line calls it from its own threads, one call at a time. */
public interface Correspondent {

    ClientId self();

    /** The connection is there, and 03 has been said. */
    void opened();

    /** What is to be written now. It is noted before this returns; what is not written after all was lost with the connection. */
    List<Frame> due();

    /** A frame has come. It is on disk when this returns. */
    void came(Frame frame);

    /** Whether the server owes an answer for too long, so that the connection must be taken for dead. */
    boolean isOverdue();

    /** The connection is no more. */
    void closed();
}
