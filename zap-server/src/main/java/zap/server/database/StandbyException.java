package zap.server.database;

import java.sql.SQLException;

/** The PostgreSQL is a standby, which only follows a primary. */
final class StandbyException extends SQLException {

    private static final long serialVersionUID = 1;

    private static final String READ_ONLY = "25006";

    StandbyException(String host) {
        super("the PostgreSQL at " + host + " is a standby, which cannot store anything", READ_ONLY);
    }
}
