package zap.server.database;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * Checks an external PostgreSQL before anything else uses it: whether it is reachable, lets zap in, and lets it write.
 * Otherwise each library that uses it later would report the failure in its own stack trace.
 */
final class ExternalDatabaseCheck {

    /** The oldest version of PostgreSQL that is still maintained. */
    private static final int OLDEST = 15;

    private static final String LOOK = """
            select current_setting('server_version_num')::int / 10000 as major,
                   current_setting('transaction_read_only') = 'on' as read_only,
                   current_setting('server_encoding') as encoding,
                   current_user as role,
                   current_schema() as schema,
                   coalesce(has_schema_privilege(current_schema(), 'create'), false) as may_create,
                   to_regclass('flyway_schema_history') is not null as has_tables""";

    /** Finds foreign tables. Objects of an extension do not count, because they may come with the database. */
    private static final String FOREIGN_OBJECTS = """
            select string_agg(name, ', ') from (
                select relname as name from pg_class c
                where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S', 'f')
                  and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
                order by relname limit 3) as found""";

    private static final String FORBIDDEN = """
            select string_agg(relname, ', ') from (
                select relname from pg_class
                where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')
                  and not (has_table_privilege(oid, 'select') and has_table_privilege(oid, 'insert')
                    and has_table_privilege(oid, 'update') and has_table_privilege(oid, 'delete'))
                order by relname limit 3) as found""";

    private final ExternalDatabase database;
    private final DataSource source;
    private final DatabaseProperties.Replication replication;

    private ExternalDatabaseCheck(
            ExternalDatabase database, DataSource source, DatabaseProperties.Replication replication) {
        this.database = database;
        this.source = source;
        this.replication = replication;
    }

    /**
     * Returns when the server can use this database.
     *
     * @param source opens connections to it
     * @param replication whether it must have a synchronous standby
     * @throws CannotUseDatabaseException when it cannot, with advice
     */
    static void check(ExternalDatabase database, DataSource source, DatabaseProperties.Replication replication) {
        new ExternalDatabaseCheck(database, source, replication).check();
    }

    private void check() {
        try (Connection connection = source.getConnection()) {
            look(connection);
            lookAtReplication(connection);
            if (!database.preparesNothing()) {
                try (Connection other = source.getConnection()) {
                    if (isPooledByTransaction(connection, other)) {
                        throw cannot(
                                "a pool gives each transaction another connection, so prepared statements get lost.",
                                DatabaseFailure.POOLED);
                    }
                }
            }
        } catch (SQLException e) {
            throw DatabaseFailure.of(database.described(), database.getPassword(), e);
        }
    }

    private void lookAtReplication(Connection connection) throws SQLException {
        if (replication == DatabaseProperties.Replication.OPTIONAL) {
            return;
        }
        ReplicationState state = ReplicationState.of(connection);
        if (state.kind() != ReplicationState.Kind.SYNCHRONOUS) {
            throw cannot(
                    "zap.database.replication=required, but " + state.described() + ".",
                    "Connect a standby, and name it in synchronous_standby_names there; synchronous_commit must be on for the role."
                            + DatabaseFailure.FAILOVER_PAGE);
        }
    }

    private void look(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet seen = statement.executeQuery(LOOK)) {
            seen.next();
            String role = seen.getString("role");
            if (seen.getInt("major") < OLDEST) {
                throw cannot(
                        "it is PostgreSQL " + seen.getInt("major") + ".",
                        "zap needs PostgreSQL " + OLDEST + " or newer, and is tested with 18." + DatabaseFailure.PAGE);
            }
            if (!"UTF8".equals(seen.getString("encoding"))) {
                throw cannot(
                        "its encoding is " + seen.getString("encoding") + ", which cannot represent every message.",
                        "As its administrator: create database NAME owner ROLE encoding 'UTF8' template template0."
                                + DatabaseFailure.PAGE);
            }
            if (seen.getBoolean("read_only")) {
                throw cannot(
                        "it is read-only.",
                        "zap writes: name the primary server, and a database and a role without default_transaction_read_only."
                                + DatabaseFailure.PAGE);
            }
            if (seen.getString("schema") == null) {
                throw cannot("role " + role + " may not use any schema of its search_path.", DatabaseFailure.GRANTS);
            }
            look(
                    connection,
                    role,
                    seen.getString("schema"),
                    seen.getBoolean("may_create"),
                    seen.getBoolean("has_tables"));
        }
    }

    private void look(Connection connection, String role, String schema, boolean mayCreate, boolean hasTables)
            throws SQLException {
        if (hasTables) {
            String forbidden = answer(connection, FORBIDDEN);
            if (!forbidden.isEmpty()) {
                throw cannot(
                        "role " + role + " may not read and change tables of zap in schema " + schema + " (" + forbidden
                                + ").",
                        "They belong to another role: connect as that one, or reassign owned by OTHER to " + role + "."
                                + DatabaseFailure.PAGE);
            }
            return;
        }
        if (!mayCreate) {
            throw cannot("role " + role + " may not create tables in schema " + schema + ".", DatabaseFailure.GRANTS);
        }
        String foreign = answer(connection, FOREIGN_OBJECTS);
        if (!foreign.isEmpty()) {
            throw cannot(
                    "schema " + schema + " is in use by something else (" + foreign + ").",
                    "Give zap a database of its own (create database NAME owner ROLE), or a schema of its own: create schema zap"
                            + " authorization ROLE, and ?currentSchema=zap at the end of zap.database.url."
                            + DatabaseFailure.PAGE);
        }
    }

    private static String answer(Connection connection, String question) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery(question)) {
            answer.next();
            String text = answer.getString(1);
            return text == null ? "" : text;
        }
    }

    /**
     * Returns whether another connection is served by the same process of PostgreSQL: then a pool assigns the process
     * anew for each transaction.
     */
    private static boolean isPooledByTransaction(Connection one, Connection other) throws SQLException {
        String before = answer(one, "select pg_backend_pid()");
        other.setAutoCommit(false);
        try {
            return answer(other, "select pg_backend_pid()").equals(before);
        } finally {
            other.rollback();
        }
    }

    private CannotUseDatabaseException cannot(String why, String advice) {
        return new CannotUseDatabaseException(
                "The PostgreSQL of zap.database.url (" + database.described() + ") cannot be used: " + why, advice);
    }
}
