package zap.server.database;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The tables of a database, as far as they decide which rows they take.
 *
 * @param columns by their names
 * @param rules what may refuse a row: constraints, unique indexes, triggers
 */
record TableState(Map<String, Column> columns, Set<Rule> rules) {

    /** @param mustBeGiven whether an insert that does not name it fails */
    record Column(String table, String type, boolean notNull, boolean mustBeGiven) {}

    record Rule(String table, String definition) {}

    private static final String COLUMNS = """
            select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                a.attnotnull and not a.atthasdef and a.attidentity = ''
            from pg_attribute a join pg_class c on c.oid = a.attrelid
            where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
              and a.attnum > 0 and not a.attisdropped and c.relname <> 'flyway_schema_history'
            """;

    private static final String RULES = """
            select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint
            where connamespace = current_schema()::regnamespace and conrelid <> 0 and contype in ('c', 'p', 'u', 'f', 'x')
            union
            select indrelid::regclass::text, pg_get_indexdef(indexrelid)
            from pg_index join pg_class c on c.oid = indexrelid
            where c.relnamespace = current_schema()::regnamespace and indisunique and not indisprimary
            union
            select tgrelid::regclass::text, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
            """;

    /** A parameter with a name, or one without. Two colons are a cast. */
    private static final Pattern PARAMETER = Pattern.compile("(?<!:):([a-z][A-Za-z]*)|\\?");

    /** Reads the tables. */
    static TableState of(Connection connection) throws SQLException {
        return new TableState(columns(connection), rules(connection));
    }

    private static Map<String, Column> columns(Connection connection) throws SQLException {
        var columns = new TreeMap<String, Column>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(COLUMNS)) {
            while (row.next()) {
                columns.put(
                        row.getString(1) + "." + row.getString(2),
                        new Column(row.getString(1), row.getString(3), row.getBoolean(4), row.getBoolean(5)));
            }
        }
        return columns;
    }

    private static Set<Rule> rules(Connection connection) throws SQLException {
        var rules = new HashSet<Rule>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(RULES)) {
            while (row.next()) {
                rules.add(new Rule(row.getString(1), row.getString(2)));
            }
        }
        return rules;
    }

    /** Returns the changes for which a server that knows only the earlier state may not be able to write. */
    List<String> hinderingWritesSince(TableState earlier) {
        var found = new ArrayList<String>();
        earlier.columns.forEach((name, old) -> {
            Column now = columns.get(name);
            if (now == null) {
                found.add(name + " is gone");
            } else if (!now.type.equals(old.type)) {
                found.add(name + " was " + old.type + " and is " + now.type);
            } else if (now.notNull && !old.notNull) {
                found.add(name + " may not be null any more");
            } else if (now.mustBeGiven && !old.mustBeGiven) {
                found.add(name + " has no default any more");
            }
        });
        Set<String> oldTables =
                earlier.columns.values().stream().map(Column::table).collect(Collectors.toSet());
        columns.forEach((name, column) -> {
            if (!earlier.columns.containsKey(name) && oldTables.contains(column.table) && column.mustBeGiven) {
                found.add(name + " is new, not null, and has no default");
            }
        });
        rules.stream()
                .filter(rule -> oldTables.contains(rule.table) && !earlier.rules.contains(rule))
                .forEach(rule -> found.add(rule.table + " has a new rule: " + rule.definition));
        return found;
    }

    /**
     * Lets PostgreSQL parse and plan statements, without running them. The connection is in a transaction.
     *
     * @return the statements that cannot run, with the reasons
     */
    static List<String> failing(Connection connection, List<String> statements) throws SQLException {
        var failures = new ArrayList<String>();
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                for (String one : sql.split(";\\n|;$")) {
                    Savepoint before = connection.setSavepoint();
                    try {
                        statement.execute(
                                one.startsWith("lock table") ? one : "explain (generic_plan) " + numbered(one));
                    } catch (SQLException e) {
                        failures.add(e.getMessage() + " in: " + one);
                    }
                    connection.rollback(before);
                }
            }
        }
        return failures;
    }

    private static String numbered(String sql) {
        Map<String, Integer> named = new HashMap<>();
        int[] last = {0};
        Matcher parameter = PARAMETER.matcher(sql);
        return parameter.replaceAll(found -> {
            String name = found.group(1);
            int number = name == null ? ++last[0] : named.computeIfAbsent(name, _ -> ++last[0]);
            return Matcher.quoteReplacement("$" + number);
        });
    }
}
