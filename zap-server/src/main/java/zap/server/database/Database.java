package zap.server.database;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;

/** The PostgreSQL that this server uses. */
public interface Database extends JdbcConnectionDetails {

    /** Which one that is, for a person: without passwords. */
    String described();

    /**
     * What proves somebody to be the operator of this server: made once, and kept where only whoever may read the server's files can read it.
     *
     * @return empty where the server has no folder of its own for that
     */
    Optional<String> adminToken() throws IOException;

    /**
     * A folder for files that are of use only while the server runs. It is empty at every start, whatever a server that was killed has left
     * there.
     *
     * @return nothing where the server has no folder of its own for that
     */
    Optional<Path> scratch();
}
