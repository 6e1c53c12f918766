package zap.server.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

/** Finds the servers that run on a database whose tables are about to be changed. */
public interface LiveServers {

    /**
     * A server that runs on the database.
     *
     * @param number its number, which no other server ever has
     * @param name for operators
     * @param newestKnown the number of the newest migration that it knows
     * @param lastSeen time of its last heartbeat
     */
    record LiveServer(long number, String name, int newestKnown, Instant lastSeen) {}

    /**
     * Returns the servers that are alive, by the database's clock. Called before the tables are those of this server:
     * they may be older, or not there.
     */
    List<LiveServer> on(Connection connection) throws SQLException;
}
