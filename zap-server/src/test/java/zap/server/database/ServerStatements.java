package zap.server.database;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.persistence.Entity;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.Utf8Entry;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
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
import java.util.stream.StreamSupport;
import org.hibernate.boot.Metadata;
import org.hibernate.boot.MetadataSources;
import org.hibernate.boot.model.naming.PhysicalNamingStrategySnakeCaseImpl;
import org.hibernate.boot.registry.StandardServiceRegistry;
import org.hibernate.boot.registry.StandardServiceRegistryBuilder;
import org.hibernate.dialect.PostgreSQLDialect;
import org.hibernate.mapping.Column;
import org.hibernate.mapping.Table;
import org.springframework.data.jpa.repository.Query;
import zap.server.ZapServer;

/**
 * The statements of the server, as its classes contain them: SQL in constants and annotations, and statements with all
 * columns for each mapped table.
 *
 * <p>Missing are statements that are put together at run time with the name of a partition. Their columns are those of
 * the partitioned table.
 */
final class ServerStatements {

    private static final Pattern SQL = Pattern.compile(
            "\\s*(select|insert into|update|delete from|with|lock table|truncate table)\\s.*", Pattern.DOTALL);

    /** What marks a statement that is completed elsewhere: placeholders of our own, of formats, and of the compiler. */
    private static final Pattern TEMPLATE = Pattern.compile("\\bUNTRUE\\b|%\\d\\$s|%s|\u0001");

    private ServerStatements() {}

    /** Returns the statements of the server's classes, sorted. */
    static Set<String> ofTheServer() {
        List<Class<?>> classes = classes();
        Set<String> queries = entityQueries(classes);
        var found = new TreeSet<String>();
        Stream.concat(constants(), completed(classes))
                .filter(text -> SQL.matcher(text).matches())
                .filter(text -> !TEMPLATE.matcher(text).find())
                .filter(text -> !queries.contains(text))
                .forEach(text -> found.add(text.strip()));
        found.addAll(ofMappings(classes));
        return found;
    }

    private static Path folder() {
        try {
            return Path.of(ZapServer.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Path> classFiles() {
        try (Stream<Path> files = Files.walk(folder())) {
            return files.filter(file -> file.toString().endsWith(".class"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Class<?>> classes() {
        return classFiles().stream().<Class<?>>map(ServerStatements::load).toList();
    }

    private static Class<?> load(Path file) {
        String name = folder().relativize(file).toString().replace('/', '.').replaceFirst("\\.class$", "");
        try {
            return Class.forName(name, false, ServerStatements.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns all texts in the class files: those of constants, of expressions, and of annotations. */
    private static Stream<String> constants() {
        return classFiles().stream().flatMap(ServerStatements::constants);
    }

    private static Stream<String> constants(Path file) {
        try {
            return StreamSupport.stream(
                            ClassFile.of().parse(file).constantPool().spliterator(), false)
                    .filter(Utf8Entry.class::isInstance)
                    .map(entry -> ((Utf8Entry) entry).stringValue());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns the values of constants, including those that are put together when their class is initialized. */
    private static Stream<String> completed(List<Class<?>> classes) {
        return classes.stream()
                .flatMap(type -> Arrays.stream(type.getDeclaredFields()))
                .filter(field -> field.getType() == String.class && Modifier.isStatic(field.getModifiers()))
                .map(ServerStatements::valueOf);
    }

    private static String valueOf(Field field) {
        try {
            field.setAccessible(true);
            return String.valueOf(field.get(null));
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
