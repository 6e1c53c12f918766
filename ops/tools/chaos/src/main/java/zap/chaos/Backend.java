package zap.chaos;

import java.io.IOException;
import java.util.List;

/** The other side of the participants: one server, or several nodes on one database. */
sealed interface Backend extends AutoCloseable permits ServerUnderTest, NodesUnderTest {

    /** Starts everything, and does not wait until it is ready. */
    void begin() throws IOException;

    /** Returns the ports to which a participant may connect: one for each node. */
    List<Integer> ports();

    /** Returns whether there are several nodes. */
    boolean hasNodes();

    /** Makes everything whole that is still broken. */
    void heal() throws IOException;

    /** Returns whether all servers run. */
    boolean isAlive();

    /** Waits until every server takes connections, and starts those that have ended. */
    void awaitReady() throws IOException;

    @Override
    void close() throws IOException;
}
