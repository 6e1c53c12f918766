package zap.server.database;

import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;

/** The PostgreSQL that this server uses. */
public interface Database extends JdbcConnectionDetails {

    /** Which one that is, for a person: without passwords. */
    String described();
}
