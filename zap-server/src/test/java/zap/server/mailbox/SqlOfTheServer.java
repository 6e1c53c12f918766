package zap.server.mailbox;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import zap.server.testing.ServerClasses;

/**
 * All SQL in the server's classes, as Citus would get it: constants with their values, the second form of those that
 * have two, and every other text that begins like a statement, in the code or in an annotation.
 */
final class SqlOfTheServer {

    private static final Pattern STATEMENT = Pattern.compile(
            "(?s)\\s*(?:select|insert|update|delete|with|lock|truncate|alter|create|merge|set local)\\s.{5,}");

    private SqlOfTheServer() {}

    /** Returns the statements, by the class and the field in which each one is. */
    static Map<String, String> find() {
        var found = new LinkedHashMap<String, String>();
        var onlyForPostgresql = new ArrayList<String>();
        var texts = new LinkedHashMap<String, String>();
        for (Path file : ServerClasses.files()) {
            List<String> inClass = statementsIn(file);
            String name = ServerClasses.nameOf(file);
            if (inClass.isEmpty() && !usesForms(file)) {
                continue;
            }
            for (Field field : load(name).getDeclaredFields()) {
                String place = name + "." + field.getName();
                switch (valueOf(field)) {
                    case StatementForm form -> {
                        found.put(place, form.citus());
                        onlyForPostgresql.add(form.postgresql());
                    }
                    case String text when isStatement(text) -> found.put(place, text);
                    default -> {}
                }
            }
            for (int i = 0; i < inClass.size(); i++) {
                texts.put(name + ", text " + (i + 1), inClass.get(i));
            }
        }
        texts.values().removeIf(text -> onlyForPostgresql.stream().anyMatch(form -> form.contains(text)));
        found.putAll(texts);
        return found;
    }

    private static List<String> statementsIn(Path file) {
        return ServerClasses.textsIn(file).filter(SqlOfTheServer::isStatement).toList();
    }

    private static boolean usesForms(Path file) {
        return ServerClasses.textsIn(file).anyMatch(text -> text.equals(StatementForm.class.descriptorString()));
    }

    private static boolean isStatement(String text) {
        return STATEMENT.matcher(text).matches();
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns the value of a static field with SQL; an empty text for all other fields. */
    private static Object valueOf(Field field) {
        if (!Modifier.isStatic(field.getModifiers())
                || field.getType() != String.class && field.getType() != StatementForm.class) {
            return "";
        }
        try {
            field.setAccessible(true);
            Object value = field.get(null);
            return value == null ? "" : value;
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
