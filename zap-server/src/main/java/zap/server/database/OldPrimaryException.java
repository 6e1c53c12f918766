package zap.server.database;

import java.nio.file.Path;
import java.sql.SQLException;

/** A primary was refused, because a standby of it has been promoted since. */
final class OldPrimaryException extends SQLException {

    private static final long serialVersionUID = 1;

    private static final String REJECTED = "08004";

    private final String advice;

    /** @param file the file that keeps the timeline that was seen */
    OldPrimaryException(String host, long timeline, long seen, Path file) {
        super(
                "the primary at " + host + " has timeline " + timeline + ", and this server has seen timeline " + seen
                        + " of the same database: it is an old primary, and another one has taken its place",
                REJECTED);
        this.advice =
                "Name the new primary in zap.database.url, and make the old one its standby (pg_rewind, or a new copy)."
                        + " If you have restored this database to an earlier state on purpose, delete " + file
                        + " first.";
    }

    String advice() {
        return advice;
    }
}
