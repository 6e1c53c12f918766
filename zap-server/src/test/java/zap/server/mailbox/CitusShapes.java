package zap.server.mailbox;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The shapes of SQL that Citus refuses on distributed tables, recognized by their words and parentheses. Each rule was
 * tried on Citus 13.2 (docs/citus.md). It is no parser of SQL: a shape that nobody has run into yet is not recognized.
 */
final class CitusShapes {

    private static final Pattern DISTRIBUTED =
            Pattern.compile("create_distributed_table\\('(\\w+)', '(\\w+)'|create_reference_table\\('(\\w+)'");
    private static final Pattern TOKEN = Pattern.compile("[a-z_][\\w.]*|:\\w+|\\d+|[^\\s\\w]");
    private static final Pattern PARTITION = Pattern.compile("mailbox_(?:old|young_.*)");

    private static final Set<String> VOLATILE =
            Set.of("random", "clock_timestamp", "gen_random_uuid", "nextval", "timeofday", "setval");
    private static final Set<String> NOT_IMMUTABLE = Set.of(
            "now",
            "current_timestamp",
            "current_date",
            "localtimestamp",
            "transaction_timestamp",
            "statement_timestamp",
            "random",
            "clock_timestamp",
            "gen_random_uuid",
            "nextval",
            "current_setting");
    private static final Set<String> AGGREGATES =
            Set.of("count", "sum", "min", "max", "avg", "array_agg", "string_agg", "bool_and", "bool_or");
    private static final Set<String> SET_FUNCTIONS = Set.of("unnest", "generate_series");
    private static final Set<String> END_OF_FROM =
            Set.of("where", "group", "order", "limit", "offset", "returning", "for", "union", "window", "having");

    /** The distribution column of each distributed table. */
    private final Map<String, String> columns;

    private final Set<String> references;

    private CitusShapes(Map<String, String> columns, Set<String> references) {
        this.columns = columns;
        this.references = references;
    }

    /** Returns the rules for the tables that this script distributes. */
    static CitusShapes of(String script) {
        var columns = new HashMap<String, String>();
        var references = new HashSet<String>();
        Matcher calls = DISTRIBUTED.matcher(script);
        while (calls.find()) {
            if (calls.group(1) != null) {
                columns.put(calls.group(1), calls.group(2));
            } else {
                references.add(calls.group(3));
            }
        }
        return new CitusShapes(columns, references);
    }

    /** Returns whether the script distributes the table, or copies it to all machines. */
    boolean knows(String table) {
        return columns.containsKey(table) || references.contains(table);
    }

    /** A word, or all that is between two parentheses. */
    private sealed interface Part {}

    private record Word(String text) implements Part {}

    private record Group(List<Part> parts) implements Part {

        String word(int index) {
            return index >= 0 && index < parts.size() && parts.get(index) instanceof Word(String text) ? text : "";
        }

        @Nullable
        Group group(int index) {
            return index >= 0 && index < parts.size() && parts.get(index) instanceof Group group ? group : null;
        }

        boolean has(Predicate<String> wanted) {
            return parts.stream().anyMatch(part -> part instanceof Word(String text) && wanted.test(text));
        }

        boolean hasAnywhere(Predicate<String> wanted) {
            return has(wanted) || parts.stream().anyMatch(part -> part instanceof Group in && in.hasAnywhere(wanted));
        }

        List<Group> groups() {
            return parts.stream()
                    .filter(Group.class::isInstance)
                    .map(Group.class::cast)
                    .toList();
        }

        Group from(int first, int end) {
            return new Group(parts.subList(first, Math.min(end, parts.size())));
        }
    }

    /** Returns for each refused shape in these statements the reason, and the advice; empty when Citus takes them. */
    List<String> refused(String sql) {
        var reasons = new ArrayList<String>();
        for (Group statement : statements(sql)) {
            boolean changes = changesRows(statement);
            look(statement, null, reasons);
            if (changes && conditionsWithFunctions(statement)) {
                reasons.add("a function that is not immutable in coalesce or case, in an update or delete of a"
                        + " distributed table: use least, or a condition");
            }
            if (changes && statement.hasAnywhere(VOLATILE::contains)) {
                reasons.add(
                        "a volatile function in an update or delete of a distributed table: compute the value before");
            }
            lookAtDefinition(statement, reasons);
        }
        return reasons;
    }

    private void look(Group level, @Nullable Group outer, List<String> reasons) {
        Set<String> locked = distributedIn(level);
        if (locksRows(level) && !locked.isEmpty() && !hasOneShard(level, locked)) {
            reasons.add(
                    "\"for update\" on rows of several shards: give one value for the distribution column, or update"
                            + " the rows instead");
        }
        for (int i = 0; i < level.parts().size(); i++) {
            @Nullable Group inner = level.group(i);
            if (inner == null) {
                continue;
            }
            if (level.word(i - 1).equals("lateral") && isAggregate(inner) && usesDistributed(inner)) {
                Group before = level.from(lastFrom(level, i) + 1, i - 1);
                if (!before.groups().isEmpty() || !isDistributed(before.word(0))) {
                    reasons.add("an aggregate without \"group by\" in a lateral subquery that is not directly beside a"
                            + " distributed table: name that table in the same \"from\"");
                }
            }
            if (inner.word(0).equals("select")
                    && !distributedIn(inner).isEmpty()
                    && refersToSetFunction(inner, level)) {
                reasons.add("a subquery on a distributed table that refers to unnest or generate_series of the query"
                        + " around it: join them");
            }
            look(inner, level, reasons);
        }
        changedColumns(level, reasons);
    }

    private static boolean locksRows(Group level) {
        for (int i = 0; i < level.parts().size(); i++) {
            if (level.word(i).equals("for")
                    && Set.of("update", "no", "share", "key").contains(level.word(i + 1))) {
                return true;
            }
        }
        return false;
    }

    /** Returns whether a level compares the distribution column of one of these tables with one value. */
    private boolean hasOneShard(Group level, Set<String> tables) {
        for (int i = 0; i + 2 < level.parts().size(); i++) {
            String column = level.word(i).replaceFirst(".*\\.", "");
            if (tables.stream().map(this::columnOf).anyMatch(column::equals)
                    && level.word(i + 1).equals("=")
                    && level.word(i + 2).matches("\\?|:\\w+|\\d+")) {
                return true;
            }
        }
        return false;
    }

    private static boolean isAggregate(Group query) {
        if (!query.word(0).equals("select") || query.has("group"::equals)) {
            return false;
        }
        for (int i = 0; i < query.parts().size() && !query.word(i).equals("from"); i++) {
            if (AGGREGATES.contains(query.word(i))
                    && query.group(i + 1) != null
                    && !query.word(i + 2).equals("over")) {
                return true;
            }
        }
        return false;
    }

    private static int lastFrom(Group level, int before) {
        int from = before;
        while (from >= 0 && !level.word(from).equals("from")) {
            from--;
        }
        return from;
    }

    /** Returns the distributed tables in the "from" of this level, and in its subqueries. */
    private Set<String> distributedIn(Group level) {
        var tables = new HashSet<String>();
        for (int i = 0; i < level.parts().size(); i++) {
            if (Set.of("from", "join").contains(level.word(i))) {
                @Nullable Group subquery = level.group(i + 1);
                if (subquery != null) {
                    tables.addAll(distributedIn(subquery));
                } else if (isDistributed(level.word(i + 1))) {
                    tables.add(level.word(i + 1));
                }
            }
        }
        return tables;
    }

    private boolean usesDistributed(Group level) {
        return level.hasAnywhere(this::isDistributed);
    }

    private static boolean refersToSetFunction(Group inner, Group level) {
        for (int i = 0; i < level.parts().size(); i++) {
            if (SET_FUNCTIONS.contains(level.word(i)) && level.group(i + 1) != null) {
                int alias = i + 2;
                while (Set.of("with", "ordinality", "as").contains(level.word(alias))) {
                    alias++;
                }
                String prefix = level.word(alias) + ".";
                if (prefix.length() > 1 && inner.hasAnywhere(word -> word.startsWith(prefix))) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Returns whether rows of a distributed table are updated or deleted. An insert may use any function. */
    private boolean changesRows(Group level) {
        for (int i = 0; i < level.parts().size(); i++) {
            boolean isChange =
                    level.word(i).equals("update") && !level.word(i - 1).equals("key")
                            || level.word(i).equals("from") && level.word(i - 1).equals("delete");
            if (isChange && isDistributed(level.word(i + 1))) {
                return true;
            }
        }
        return level.groups().stream().anyMatch(this::changesRows);
    }

    private static boolean conditionsWithFunctions(Group level) {
        for (int i = 0; i < level.parts().size(); i++) {
            @Nullable Group arguments = level.group(i + 1);
            if (level.word(i).equals("coalesce")
                    && arguments != null
                    && arguments.hasAnywhere(NOT_IMMUTABLE::contains)) {
                return true;
            }
            if (level.word(i).equals("case")) {
                int end = i;
                while (end < level.parts().size() && !level.word(end).equals("end")) {
                    end++;
                }
                if (level.from(i, end).hasAnywhere(NOT_IMMUTABLE::contains)) {
                    return true;
                }
            }
        }
        return level.groups().stream().anyMatch(CitusShapes::conditionsWithFunctions);
    }

    private void changedColumns(Group level, List<String> reasons) {
        for (int i = 0; i < level.parts().size(); i++) {
            if (!level.word(i).equals("update") || !isDistributed(level.word(i + 1))) {
                continue;
            }
            String column = columnOf(level.word(i + 1));
            int set = i + 1;
            while (set < level.parts().size() && !level.word(set).equals("set")) {
                set++;
            }
            for (int at = set; at < level.parts().size() && !isEndOfSet(level.word(at)); at++) {
                boolean begins = at == set || level.word(at).equals(",");
                if (begins && level.word(at + 1).equals(column)) {
                    reasons.add(
                            "a changed distribution column (" + column + "): delete the row and insert another one");
                }
            }
        }
    }

    private static boolean isEndOfSet(String word) {
        return word.equals("from") || END_OF_FROM.contains(word);
    }

    private void lookAtDefinition(Group statement, List<String> reasons) {
        if (statement.word(0).equals("alter") && statement.word(1).equals("table")) {
            int at = Set.of("only").contains(statement.word(2)) ? 3 : 2;
            if (isDistributed(statement.word(at))) {
                lookAtAlter(statement.from(at + 1, statement.parts().size()), columnOf(statement.word(at)), reasons);
            }
        }
        if (statement.word(0).equals("create")) {
            lookAtCreate(statement, reasons);
        }
    }

    private static void lookAtAlter(Group commands, String column, List<String> reasons) {
        List<Group> each = split(commands);
        boolean constrains = false;
        for (Group command : each) {
            boolean isConstraint = command.word(0).equals("add")
                    && Set.of("constraint", "check", "unique", "primary", "foreign", "exclude")
                            .contains(command.word(1));
            constrains |= isConstraint;
            if (!isConstraint
                    && command.word(0).equals("add")
                    && command.has(Set.of("check", "unique", "references", "primary")::contains)) {
                reasons.add("\"alter table\" adds a column with its constraint: add the constraint, with a name, in a"
                        + " statement of its own");
            }
            if (command.has("identity"::equals)) {
                reasons.add("an identity column added to a distributed table: leave it out");
            }
            if (isConstraint) {
                lookAtUnique(command, column, reasons);
            }
            if (isConstraint && command.has("references"::equals)) {
                reasons.add("a foreign key of a distributed table: leave it out");
            }
        }
        if (constrains && each.size() > 1) {
            reasons.add("\"alter table\" adds a constraint beside something else: one statement for each");
        }
    }

    private void lookAtCreate(Group statement, List<String> reasons) {
        int on = 0;
        while (on < statement.parts().size() && !statement.word(on).equals("on")) {
            on++;
        }
        boolean isDistributed = isDistributed(statement.word(on + 1));
        if (isDistributed && statement.has("trigger"::equals)) {
            reasons.add("a trigger on a distributed table: leave it out");
        }
        if (isDistributed && statement.word(1).equals("unique")) {
            @Nullable Group indexed = statement.group(on + 2);
            if (indexed == null || !indexed.has(columnOf(statement.word(on + 1))::equals)) {
                reasons.add("a unique index without the distribution column: add it");
            }
        }
        if (statement.word(1).equals("table") && isDistributed(statement.word(2))) {
            @Nullable Group definitions = statement.group(3);
            if (definitions != null) {
                for (Group one : split(definitions)) {
                    lookAtUnique(one, columnOf(statement.word(2)), reasons);
                    if (one.has("references"::equals)) {
                        reasons.add("a foreign key of a distributed table: leave it out");
                    }
                }
            }
        }
    }

    /** Looks at a column's definition, or a constraint's. */
    private static void lookAtUnique(Group definition, String column, List<String> reasons) {
        for (int i = 0; i < definition.parts().size(); i++) {
            boolean isUnique = definition.word(i).equals("unique")
                    || definition.word(i).equals("key")
                            && definition.word(i - 1).equals("primary");
            if (isUnique) {
                @Nullable Group listed = definition.group(i + 1);
                if (!(listed == null ? definition.word(0).equals(column) : listed.has(column::equals))) {
                    reasons.add("a unique constraint without the distribution column: add it");
                }
            }
        }
    }

    private boolean isDistributed(String table) {
        return columns.containsKey(parentOf(table));
    }

    private String columnOf(String table) {
        return columns.getOrDefault(parentOf(table), "");
    }

    private static String parentOf(String table) {
        return PARTITION.matcher(table).matches() ? "mailbox" : table;
    }

    private static List<Group> split(Group list) {
        var each = new ArrayList<Group>();
        int first = 0;
        for (int i = 0; i <= list.parts().size(); i++) {
            if (i == list.parts().size() || list.word(i).equals(",")) {
                each.add(list.from(first, i));
                first = i + 1;
            }
        }
        return each;
    }

    /** Divides a text into its statements. What is formatted in later stands for the old generation of the mailbox. */
    private static List<Group> statements(String sql) {
        String plain = sql.toLowerCase(Locale.ROOT)
                .replaceAll("--[^\\n]*", " ")
                .replaceAll("(?s)\\$\\$.*?\\$\\$", " ? ")
                .replaceAll("'[^']*'", " ? ")
                .replaceAll("%(?:\\d\\$)?s", "mailbox_old")
                .replaceAll("::\\w+", " ");
        var statements = new ArrayList<Group>();
        var open = new ArrayList<List<Part>>(List.of(new ArrayList<Part>()));
        Matcher tokens = TOKEN.matcher(plain);
        while (tokens.find()) {
            String token = tokens.group();
            switch (token) {
                case "(" -> open.add(new ArrayList<>());
                case ")" -> {
                    if (open.size() > 1) {
                        var closed = new Group(open.removeLast());
                        open.getLast().add(closed);
                    }
                }
                case ";" -> {
                    statements.add(new Group(open.getFirst()));
                    open.clear();
                    open.add(new ArrayList<>());
                }
                default -> open.getLast().add(new Word(token));
            }
        }
        statements.add(new Group(open.getFirst()));
        return statements.stream().filter(one -> !one.parts().isEmpty()).toList();
    }
}
