package zap.server.testing;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import zap.server.database.OwnPostgres;
import zap.server.database.ReadyPrograms;

/**
 * One PostgreSQL for all tests of this JVM, as durable as the one of a real server. Each caller gets a database of its
 * own in it.
 */
public final class TestPostgres {

    /**
     * Maximum number of connections, for the servers of tests that run beside each other. The default suffices for one
     * server.
     */
    private static final int CONNECTIONS = 200;

    private static final AtomicInteger DATABASES = new AtomicInteger();

    private TestPostgres() {}

    /**
     * An empty database. As a bean, it is the one that a server uses.
     *
     * @param name its name in PostgreSQL
     */
    public record Database(String name) implements JdbcConnectionDetails {

        public String url() {
            return Running.POSTGRES.getJdbcUrl().replaceFirst("/zap\\?", "/" + name + "?");
        }

        public String user() {
            return Running.POSTGRES.getUsername();
        }

        public String password() {
            return Running.POSTGRES.getPassword();
        }

        @Override
        public String getJdbcUrl() {
            return url();
        }

        @Override
        public String getUsername() {
            return user();
        }

        @Override
        public String getPassword() {
            return password();
        }

        public Connection connect() throws SQLException {
            return DriverManager.getConnection(url(), user(), password());
        }
    }

    /** Makes a new database. */
    public static Database newDatabase() {
        String name = "zap_" + DATABASES.incrementAndGet();
        try (Connection connection = new Database("zap").connect();
                Statement statement = connection.createStatement()) {
            // The folder is kept from run to run, because making it takes seconds; its databases are not.
            statement.execute("drop database if exists " + name + " with (force)");
            statement.execute("create database " + name);
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot make database " + name, e);
        }
        return new Database(name);
    }

    /** Starts the PostgreSQL at its first use. */
    private static final class Running {

        static final OwnPostgres POSTGRES = start();

        private static OwnPostgres start() {
            OwnPostgres postgres = open();
            if (connectionsOf(postgres) < CONNECTIONS) {
                // The setting is kept with the folder, and takes effect at the next start.
                ask(postgres, statement -> statement.execute("alter system set max_connections = " + CONNECTIONS));
                postgres.close();
                postgres = open();
            }
            Runtime.getRuntime().addShutdownHook(new Thread(postgres::close));
            return postgres;
        }

        private static OwnPostgres open() {
            return OwnPostgres.start(ReadyPrograms.into(Path.of("target", "test-postgres")), Duration.ofMinutes(2));
        }

        private static int connectionsOf(OwnPostgres postgres) {
            return ask(postgres, statement -> {
                try (ResultSet answer = statement.executeQuery("show max_connections")) {
                    answer.next();
                    return answer.getInt(1);
                }
            });
        }

        private interface Question<T> {
            T ask(Statement statement) throws SQLException;
        }

        private static <T> T ask(OwnPostgres postgres, Question<T> question) {
            try (Connection connection = DriverManager.getConnection(
                            postgres.getJdbcUrl(), postgres.getUsername(), postgres.getPassword());
                    Statement statement = connection.createStatement()) {
                return question.ask(statement);
            } catch (SQLException e) {
                throw new IllegalStateException("Cannot make room for many servers", e);
            }
        }
    }
}
