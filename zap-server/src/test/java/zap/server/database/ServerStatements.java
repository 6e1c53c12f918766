package zap.server.database;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.persistence.Entity;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hibernate.boot.Metadata;
import org.hibernate.boot.MetadataSources;
import org.hibernate.boot.model.naming.PhysicalNamingStrategySnakeCaseImpl;
import org.hibernate.boot.registry.StandardServiceRegistry;
import org.hibernate.boot.registry.StandardServiceRegistryBuilder;
import org.hibernate.dialect.PostgreSQLDialect;
import org.hibernate.mapping.Column;
import org.hibernate.mapping.Table;
import org.springframework.data.jpa.repository.Query;
import zap.server.testing.ServerClasses;

/**
 * The statements of the server, as its classes contain them: SQL in constants and annotations, and statements with all
 * columns for each mapped table. Of statements with a form for Citus, the one for PostgreSQL.
 *
 * <p>Missing are statements that are put together at run time with the name of a partition. Their columns are those of
 * the partitioned table.
 */
final class ServerStatements {

    private static final Pattern SQL = Pattern.compile(
            "\\s*(select|insert into|update|delete from|with|lock table|truncate table)\\s.*", Pattern.DOTALL);

    /** What marks a statement that is completed elsewhere: placeholders of our own, of formats, and of the
     * compiler. And a function that only Citus has. */
    private static final Pattern TEMPLATE =
            Pattern.compile("\\b(UNTRUE|RECEIPTS|ON_THEIR_SHARDS|run_command_on_all_nodes)\\b|%\\d\\$s|%s|\u0001");

    private ServerStatements() {}

    /** Returns the statements of the server's classes, sorted. */
    static Set<String> ofTheServer() {
        List<Class<?>> classes = classes();
        Set<String> queries = entityQueries(classes);
        var found = new TreeSet<String>();
        List<String> postgresql = forms(classes, "postgresql");
        // Parts of statements are completed elsewhere, and forms for another engine are not planned here.
        List<String> citus = forms(classes, "citus");
        Stream<String> texts = Stream.concat(
                        ServerClasses.files().stream().flatMap(ServerClasses::textsIn), completed(classes))
                .filter(text ->
                        Stream.concat(postgresql.stream(), citus.stream()).noneMatch(form -> form.contains(text)));
        Stream.concat(texts, postgresql.stream())
                .filter(text -> SQL.matcher(text).matches())
                .filter(text -> !TEMPLATE.matcher(text).find())
                .filter(text -> !queries.contains(text))
                .forEach(text -> found.add(text.strip()));
        found.addAll(ofMappings(classes));
        return found;
    }

    private static List<Class<?>> classes() {
        return ServerClasses.files().stream()
                .<Class<?>>map(file -> load(ServerClasses.nameOf(file)))
                .toList();
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, ServerStatements.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns the values of constants, including those that are put together when their class is initialized. */
    private static Stream<String> completed(List<Class<?>> classes) {
        return staticFields(classes, String.class).map(field -> String.valueOf(valueOf(field)));
    }

    /** Returns one form of the statements that have two: {@code postgresql} or {@code citus}. */
    private static List<String> forms(List<Class<?>> classes, String engine) {
        return classes.stream()
                .filter(type -> type.getSimpleName().equals("StatementForm"))
                .flatMap(form -> staticFields(classes, form)
                        .map(ServerStatements::valueOf)
                        .map(value -> String.valueOf(call(form, engine, value))))
                .toList();
    }

    private static Object call(Class<?> type, String accessor, Object value) {
        try {
            Method method = type.getDeclaredMethod(accessor);
            method.setAccessible(true);
            return method.invoke(value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Stream<Field> staticFields(List<Class<?>> classes, Class<?> type) {
        return classes.stream()
                .flatMap(owner -> Arrays.stream(owner.getDeclaredFields()))
                .filter(field -> field.getType() == type && Modifier.isStatic(field.getModifiers()));
    }

    private static Object valueOf(Field field) {
        try {
            field.setAccessible(true);
            return field.get(null);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns the queries that are not SQL: they use mapped columns only. */
    private static Set<String> entityQueries(List<Class<?>> classes) {
        return classes.stream()
                .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(method -> !method.isSynthetic())
                .map((Method method) -> method.getAnnotation(Query.class))
                .filter(query -> query != null && !query.nativeQuery())
                .map(Query::value)
                .collect(Collectors.toSet());
    }

    private static List<String> ofMappings(List<Class<?>> classes) {
        try (StandardServiceRegistry registry = new StandardServiceRegistryBuilder()
                .applySetting("hibernate.dialect", PostgreSQLDialect.class.getName())
                .applySetting("hibernate.boot.allow_jdbc_metadata_access", "false")
                .applySetting("hibernate.physical_naming_strategy", PhysicalNamingStrategySnakeCaseImpl.class.getName())
                .build()) {
            var sources = new MetadataSources(registry);
            classes.stream()
                    .filter(type -> type.isAnnotationPresent(Entity.class))
                    .forEach(sources::addAnnotatedClass);
            Metadata metadata = sources.buildMetadata();
            return metadata.collectTableMappings().stream()
                    .flatMap(ServerStatements::ofMapping)
                    .toList();
        }
    }

    private static Stream<String> ofMapping(Table table) {
        List<String> columns = names(table.getColumns());
        String all = String.join(", ", columns);
        String places = columns.stream().map(_ -> "?").collect(Collectors.joining(", "));
        String sets = columns.stream().map(name -> name + " = ?").collect(Collectors.joining(", "));
        String row = names(table.getPrimaryKey().getColumns()).stream()
                .map(name -> name + " = ?")
                .collect(Collectors.joining(" and "));
        String name = table.getName();
        return Stream.of(
                "select %s from %s where %s".formatted(all, name, row),
                "insert into %s (%s) values (%s)".formatted(name, all, places),
                "update %s set %s where %s".formatted(name, sets, row),
                "delete from %s where %s".formatted(name, row));
    }

    private static List<String> names(Collection<Column> columns) {
        return columns.stream().map(Column::getName).sorted().toList();
    }

    /** Returns the folder with the statements of this server and of earlier ones, a file for each migration. */
    static Path records() {
        return Path.of(System.getProperty("zap.root"), "zap-server", "src", "test", "resources", "statements");
    }

    /** Returns the file with the statements of the server whose newest migration has this number. */
    static Path record(int schema) {
        return records().resolve("V" + schema + ".sql");
    }

    /** Returns the statements in the form of a file. */
    static String recorded(Collection<String> statements) {
        return statements.stream().map(statement -> statement + "\n;\n").collect(Collectors.joining("\n"));
    }

    /** Reads the statements of the server whose newest migration has this number. */
    static List<String> read(int schema) throws IOException {
        return Arrays.stream(Files.readString(record(schema), UTF_8).split("\n;\n"))
                .map(String::strip)
                .filter(statement -> !statement.isEmpty())
                .toList();
    }
}
