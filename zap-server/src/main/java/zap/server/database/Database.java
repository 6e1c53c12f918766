package zap.server.database;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;

/** The PostgreSQL that this server uses. */
public interface Database extends JdbcConnectionDetails {

    /** Describes the database for the operator, without passwords. */
    String described();

    /**
     * Returns the token that an operator of this server must present. It is made once, and readable only for users that
     * may read the server's files.
     *
     * @return empty when the server has no folder of its own for it
     */
    Optional<String> adminToken() throws IOException;

    /**
     * Returns a folder for files that are needed only while the server runs. It is emptied at every start, so a killed
     * server's files are removed.
     *
     * @return empty when the server has no folder of its own for it
     */
    Optional<Path> scratch();
}
