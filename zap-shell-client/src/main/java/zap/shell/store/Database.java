package zap.shell.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.flywaydb.core.Flyway;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;

/**
 * The profile's SQLite file. One connection, used by one thread at a time; several processes may have the file open.
 *
 * <p>A commit is on disk when it returns (WAL, synchronous=FULL): what has come in is confirmed to nobody before that.
 */
public final class Database implements AutoCloseable {

    /** What the last migration sets: the tables are looked at by Flyway only when the file is behind this. */
    public static final int SCHEMA = 2;

    private static final int BUSY_TIMEOUT_MS = 10_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final SQLiteConnection connection;
    private final JdbcClient jdbc;

    private Database(SQLiteConnection connection) {
        this.connection = connection;
        // Spring's templates leave a single connection open by themselves; the proxy that makes everybody do so takes
        // its time to make.
        this.jdbc = JdbcClient.create(new SingleConnectionDataSource(connection, false));
    }

    /** Opens the profile's file, and makes it first if there is none. */
    public static Database open(Profile profile) {
        try {
            profile.make();
            Profile.privateFile(profile.database());
            NativeSqlite.prepare(profile.cache());
            return open("jdbc:sqlite:" + profile.database());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Database open(String url) {
        var config = new SQLiteConfig();
        config.setBusyTimeout(BUSY_TIMEOUT_MS);
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.enforceForeignKeys(true);
        config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
        try {
            var database = new Database((SQLiteConnection) config.createConnection(url));
            if (database.schema() < SCHEMA) {
                database.migrate();
            }
            return database;
        } catch (SQLException e) {
            throw new StoreException(e);
        }
    }

    private void migrate() {
        Flyway.configure()
                .dataSource(new SingleConnectionDataSource(connection, true))
                .locations("classpath:zap/shell/store")
                .loggers("slf4j")
                .load()
                .migrate();
    }

    /** Which migrations the file has had. */
    public int schema() {
        return with(jdbc -> jdbc.sql("pragma user_version").query(Integer.class).single());
    }

    /** A number that is another one when another process has written to the file. */
    public long changesOfOthers() {
        return with(jdbc -> jdbc.sql("pragma data_version").query(Long.class).single());
    }

    /** Asks something, alone on the connection. */
    public <T> T with(Function<JdbcClient, T> work) {
        lock.lock();
        try {
            return work.apply(jdbc);
        } finally {
            lock.unlock();
        }
    }

    /** Does something as a whole or not at all. Inside another one it becomes a part of that. */
    public <T> T inTransaction(Function<JdbcClient, T> work) {
        lock.lock();
        try {
            if (!connection.getAutoCommit()) {
                return work.apply(jdbc);
            }
            connection.setAutoCommit(false);
            try {
                T result = work.apply(jdbc);
                connection.commit();
                return result;
            } catch (RuntimeException | Error e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw new StoreException(e);
        } finally {
            lock.unlock();
        }
    }

    /** Whether the file is whole, as SQLite sees it: "ok", or what is wrong. */
    public String check() {
        return with(jdbc ->
                jdbc.sql("pragma quick_check").query(String.class).list().getFirst());
    }

    Connection connection() {
        return connection;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            connection.close();
        } catch (SQLException e) {
            throw new StoreException(e);
        } finally {
            lock.unlock();
        }
    }

    /** The file could not be read or written. */
    public static final class StoreException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        StoreException(SQLException cause) {
            super(cause);
        }
    }
}
