package zap.shell.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.flywaydb.core.Flyway;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.core.DB;

/**
 * The profile's SQLite file. One connection, used by one thread at a time; several processes may have the file open.
 *
 * <p>A commit is on disk when it returns (WAL, synchronous=FULL): what has come in is confirmed to nobody before that.
 */
public final class Database implements AutoCloseable {

    /** What the last migration sets: the tables are looked at by Flyway only when the file is behind this. */
    public static final int SCHEMA = 7;

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

    /** Opens a store outside of a profile, and brings its tables up to date. */
    public static Database open(Path file) {
        return open("jdbc:sqlite:" + file);
    }

    /**
     * Returns which migrations a file has had, without changing it.
     *
     * @throws StoreException when it is no SQLite file
     */
    public static int schemaOf(Path file) {
        var config = new SQLiteConfig();
        config.setReadOnly(true);
        try (Connection connection = config.createConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("pragma user_version")) {
            return row.getInt(1);
        } catch (SQLException e) {
            throw new StoreException(e);
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
        inTransaction(jdbc -> {
            People.writeKeys(jdbc);
            return true;
        });
    }

    /** Which migrations the file has had. */
    public int schema() {
        return with(jdbc -> jdbc.sql("pragma user_version").query(Integer.class).single());
    }

    /** A number that is another one when another process has written to the file. */
    public long changesOfOthers() {
        return with(jdbc -> jdbc.sql("pragma data_version").query(Long.class).single());
    }

    /**
     * A state of the file: two equal ones of the same connection have no change between them.
     *
     * @param byOthers changes with every commit of another connection
     * @param own changes with every row that this connection writes
     */
    public record Version(long byOthers, long own) {}

    /** Returns the present state of the file. */
    public Version version() {
        return with(jdbc -> new Version(
                changesOfOthers(),
                jdbc.sql("select total_changes()").query(Long.class).single()));
    }

    /**
     * Writes a consistent copy of the whole file. Others may go on writing meanwhile.
     *
     * @param copy is absent or empty
     */
    public void copyTo(Path copy) {
        lock.lock();
        try (PreparedStatement vacuum = connection.prepareStatement("vacuum into ?")) {
            vacuum.setString(1, copy.toString());
            vacuum.execute();
        } catch (SQLException e) {
            throw new StoreException(e);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Replaces everything in this file by what is in another one, in one transaction: whenever the process dies, the file has the old
     * content or the new one. Other connections see the new content with their next statement.
     *
     * @param source is a store with the same schema, and open nowhere
     */
    public void replaceWith(Path source) {
        replaceWith(source, (remaining, pages) -> {});
    }

    void replaceWith(Path source, DB.ProgressObserver observer) {
        lock.lock();
        try {
            // Page by page, into the write-ahead log, and committed with the last page.
            int result = connection.getDatabase().restore("main", source.toString(), observer);
            if (result != SQLiteErrorCode.SQLITE_OK.code) {
                throw new SQLException("restore: " + SQLiteErrorCode.getErrorCode(result));
            }
        } catch (SQLException e) {
            throw new StoreException(e);
        } finally {
            lock.unlock();
        }
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
