package zap.server.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

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
            return Running.POSTGRES.getJdbcUrl("postgres", name) + "&reWriteBatchedInserts=true";
        }

        public String user() {
            return "postgres";
        }

        public Connection connect() throws SQLException {
            return Running.POSTGRES.getDatabase("postgres", name).getConnection();
        }
    }

    /** Makes a new database. */
    public static Database newDatabase() {
        String name = "zap_" + DATABASES.incrementAndGet();
        try (Connection connection = Running.POSTGRES.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create database " + name);
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot make database " + name, e);
        }
        return new Database(name);
    }

    /** Started by whoever asks first. */
    private static final class Running {

        static final EmbeddedPostgres POSTGRES = start();

        private static EmbeddedPostgres start() {
            try {
                Path folder = Files.createDirectories(Path.of("target", "test-postgres"))
                        .toAbsolutePath();
                return EmbeddedPostgres.builder()
                        .setOverrideWorkingDirectory(folder.toFile())
                        .setServerConfig("listen_addresses", "127.0.0.1")
                        // Without these two it would forget what it has confirmed, and be several times as fast.
                        .setServerConfig("fsync", "on")
                        .setServerConfig("synchronous_commit", "on")
                        .setPGStartupWait(Duration.ofSeconds(60))
                        .start();
            } catch (IOException e) {
                throw new UncheckedIOException("Cannot start PostgreSQL", e);
            }
        }
    }
}
