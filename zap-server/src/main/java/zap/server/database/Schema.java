package zap.server.database;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/** The version of zap's tables: the number of the last migration. */
final class Schema {

    private static final String UNDEFINED_TABLE = "42P01";

    private Schema() {}

    /** The database has no tables of zap. */
    static final class NoneException extends Exception {
        private static final long serialVersionUID = 1;
    }

    /** Returns the version of the tables in a database. */
    static int of(Statement statement) throws SQLException, NoneException {
        try (ResultSet last = statement.executeQuery(
                "select max(version::int) from flyway_schema_history where success and version is not null")) {
            last.next();
            int version = last.getInt(1);
            if (last.wasNull()) {
                throw new NoneException();
            }
            return version;
        } catch (SQLException e) {
            if (UNDEFINED_TABLE.equals(e.getSQLState())) {
                throw new NoneException();
            }
            throw e;
        }
    }

    /** Returns the version up to which this zap has migrations. */
    static int newestKnown() {
        try {
            return Arrays.stream(new PathMatchingResourcePatternResolver(Schema.class.getClassLoader())
                            .getResources("classpath*:db/migration/V*.sql"))
                    .flatMap(file -> Migration.of(String.valueOf(file.getFilename())).stream())
                    .mapToInt(Migration::version)
                    .max()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
