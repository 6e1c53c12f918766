package zap.server.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** A query with one row of one column. */
final class SingleValueQuery {

    private SingleValueQuery() {}

    /** Returns the answer as text. */
    static String to(Statement statement, String question) throws SQLException {
        try (ResultSet answer = statement.executeQuery(question)) {
            answer.next();
            return answer.getString(1);
        }
    }
}
