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
            return Running.POSTGRES.getJdbcUrl().replace("/zap?", "/" + name + "?");
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
            statement.execute("drop database if exists " + name);
            statement.execute("create database " + name);
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot make database " + name, e);
        }
        return new Database(name);
    }

    /** Started by whoever asks first; stopped with the JVM. */
    private static final class Running {

        private static final Duration START_WITHIN = Duration.ofSeconds(60);

        static final OwnPostgres POSTGRES = start();

        private static OwnPostgres start() {
            Path folder = Path.of("target", "test-postgres").toAbsolutePath();
            OwnPostgres postgres = OwnPostgres.start(folder, START_WITHIN);
            Runtime.getRuntime().addShutdownHook(new Thread(postgres::close));
            return postgres;
        }
    }
}
