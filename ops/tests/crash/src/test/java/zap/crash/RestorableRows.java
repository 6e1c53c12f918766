package zap.crash;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Backups of what a server keeps for some clients, and their restoring, while the server goes on for others: what a
 * backup of the whole server is to a server of these clients alone. They must have no session while they are restored.
 */
final class RestorableRows {

    /** The tables, and the column that says whose a row is. */
    private static final Map<String, String> TABLES = tables();

    private final AtomicLong backups = new AtomicLong();
    private final Map<String, String> columns = new LinkedHashMap<>();

    private static Map<String, String> tables() {
        var tables = new LinkedHashMap<String, String>();
        tables.put("client", "id");
        tables.put("stream", "client");
        tables.put("refusal", "client");
        tables.put("mailbox", "recipient");
        return tables;
    }

    RestorableRows(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String table : TABLES.keySet()) {
                var names = new ArrayList<String>();
                try (ResultSet rows = statement.executeQuery("select column_name from information_schema.columns"
                        + " where table_schema = 'public' and table_name = '" + table
                        + "' order by ordinal_position")) {
                    while (rows.next()) {
                        names.add(rows.getString(1));
                    }
                }
                columns.put(table, String.join(", ", names));
                statement.execute("create table backup_of_" + table + " as select 0::bigint as backup, t.* from "
                        + table + " t limit 0");
                statement.execute("create index on backup_of_" + table + " (backup)");
            }
        }
    }

    /** Returns the name of a backup of these clients' rows as they are now. */
    long backUp(Connection connection, List<Long> clients) throws SQLException {
        long backup = backups.incrementAndGet();
        inTransaction(connection, () -> {
            // All tables as they are at one moment: a client's positions, and the mail that they count.
            try (Statement statement = connection.createStatement()) {
                statement.execute("set transaction isolation level repeatable read");
            }
            for (Map.Entry<String, String> table : TABLES.entrySet()) {
                execute(
                        connection,
                        "insert into backup_of_%1$s select %2$s, t.* from %1$s t where %3$s = any (?)"
                                .formatted(table.getKey(), backup, table.getValue()),
                        clients);
            }
        });
        return backup;
    }

    /** Puts the rows back as they were. */
    void restore(Connection connection, long backup, List<Long> clients) throws SQLException {
        inTransaction(connection, () -> {
            for (Map.Entry<String, String> table : TABLES.entrySet()) {
                execute(
                        connection,
                        "delete from " + table.getKey() + " where " + table.getValue() + " = any (?)",
                        clients);
                execute(
                        connection,
                        "insert into %1$s (%2$s) select %2$s from backup_of_%1$s where backup = %3$s and %4$s = any (?)"
                                .formatted(table.getKey(), columns.get(table.getKey()), backup, table.getValue()),
                        clients);
            }
        });
    }

    /** Deletes these backups. */
    void forget(Connection connection, List<Long> some) throws SQLException {
        for (String table : TABLES.keySet()) {
            execute(connection, "delete from backup_of_" + table + " where backup = any (?)", some);
        }
    }

    private interface Work {
        void run() throws SQLException;
    }

    private static void inTransaction(Connection connection, Work work) throws SQLException {
        connection.setAutoCommit(false);
        try {
            work.run();
            connection.commit();
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    private static void execute(Connection connection, String sql, List<Long> ids) throws SQLException {
        Array array = connection.createArrayOf("int8", ids.toArray());
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(1, array);
            statement.executeUpdate();
        }
    }
}
