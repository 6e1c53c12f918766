package zap.server.testing;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import zap.server.database.OwnPostgres;

/**
 * One PostgreSQL for all tests of this JVM, as durable as the one of a real server. Everyone who asks gets a database of their own in it.
 */
public final class TestPostgres {

    private static final AtomicInteger DATABASES = new AtomicInteger();

    private TestPostgres() {}

    /**
     * An empty database.
     *
     * @param name as PostgreSQL knows it
     */
    public record Database(String name) {

        public String url() {
            return Running.POSTGRES.getJdbcUrl().replaceFirst("/zap\\?", "/" + name + "?");
        }

        public String user() {
            return Running.POSTGRES.getUsername();
        }

        public String password() {
            return Running.POSTGRES.getPassword();
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
            // The folder is kept from run to run, as making it takes seconds; its databases are not.
            statement.execute("drop database if exists " + name + " with (force)");
            statement.execute("create database " + name);
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot make database " + name, e);
        }
        return new Database(name);
    }

    /** Started by whoever asks first. */
    private static final class Running {

        static final OwnPostgres POSTGRES = start();

        private static OwnPostgres start() {
            var postgres = OwnPostgres.start(Path.of("target", "test-postgres"), Duration.ofMinutes(2));
            Runtime.getRuntime().addShutdownHook(new Thread(postgres::close));
            return postgres;
        }
    }
}
