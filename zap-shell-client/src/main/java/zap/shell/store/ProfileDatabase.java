package zap.shell.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.core.DB;

/**
 * The profile's SQLite file: one connection, used by one thread at a time. Several processes may have the file open.
 *
 * <p>A commit is on disk when it returns (WAL, synchronous=FULL). Mail is confirmed to the server only after that.
 */
public final class ProfileDatabase implements AutoCloseable {

    /** The schema version that the last migration sets. Flyway looks at the tables only when the file is behind it. */
    public static final int SCHEMA = 8;

    static final String URL = "jdbc:sqlite:";

    private static final int BUSY_TIMEOUT_MS = 10_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final SQLiteConnection connection;
    private final JdbcClient jdbc;
    private final @Nullable StoreFault unwritable;

    private ProfileDatabase(SQLiteConnection connection, @Nullable StoreFault unwritable) {
        this.connection = connection;
        this.unwritable = unwritable;
        // Spring's templates do not close a single connection. The proxy that keeps others from closing it costs start
        // time.
        this.jdbc = JdbcClient.create(new SingleConnectionDataSource(connection, false));
    }

    /**
     * Opens the profile's file, and creates it if needed. A file that cannot be written is opened for reading alone,
     * and {@link #unwritable} returns the reason.
     *
     * @throws StoreException when it cannot be read either
     */
    public static ProfileDatabase open(Profile profile) {
        Path file = profile.database();
        try {
            profile.make();
            Profile.privateFile(file);
        } catch (IOException e) {
            if (!Files.isRegularFile(file)) {
                throw new StoreException(StoreFault.at(file, e), e);
            }
        }
        NativeSqlite.prepare(profile.cache());
        try {
            return open(URL + file);
        } catch (StoreException | DataAccessException e) {
            StoreFault fault = faultOf(e, file);
            if (fault == StoreFault.DAMAGED || fault == StoreFault.NEWER || fault == StoreFault.BUSY) {
                throw e;
            }
            try {
                return ReadableStore.open(file, fault);
            } catch (StoreException | DataAccessException | IOException unreadable) {
                e.addSuppressed(unreadable);
                throw new StoreException(fault, e);
            }
        }
    }

    private static StoreFault faultOf(RuntimeException exception, Path file) {
        StoreFault fault = StoreFault.of(exception).orElse(StoreFault.DISK);
        return fault == StoreFault.DISK ? StoreFault.at(file) : fault;
    }

    /** Opens a store outside of a profile, and migrates it. */
    public static ProfileDatabase open(Path file) {
        return open(URL + file);
    }

    /**
     * Returns the schema version of a file, without changing it.
     *
     * @throws StoreException when it is not an SQLite file
     */
    public static int schemaOf(Path file) {
        var config = new SQLiteConfig();
        config.setReadOnly(true);
        try (Connection connection = config.createConnection(URL + file);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("pragma user_version")) {
            return row.getInt(1);
        } catch (SQLException e) {
            throw new StoreException(e);
        }
    }

    private static ProfileDatabase open(String url) {
        var config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.enforceForeignKeys(true);
        ProfileDatabase database = open(url, config, null);
        try {
            if (database.schema() < SCHEMA) {
                database.migrate();
            }
            return database;
        } catch (RuntimeException e) {
            database.closeQuietly(e);
            throw e;
        }
    }

    /**
     * Opens a store, unless a newer version of zap has changed its tables.
     *
     * @param unwritable why it can only be read; null when it can be written
     */
    static ProfileDatabase open(String url, SQLiteConfig config, @Nullable StoreFault unwritable) {
        config.setBusyTimeout(BUSY_TIMEOUT_MS);
        // The driver would ask for them after every insert.
        config.setGetGeneratedKeys(false);
        config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
        ProfileDatabase database;
        try {
            database = new ProfileDatabase(new ReusingConnection(url, config.toProperties()), unwritable);
        } catch (SQLException e) {
            throw new StoreException(e);
        }
        try {
            if (database.schema() > SCHEMA) {
                throw new StoreException(StoreFault.NEWER, null);
            }
            if (unwritable != null) {
                // A write must fail rather than seem to be stored.
                database.with(jdbc -> jdbc.sql("pragma query_only = true").update());
            }
            return database;
        } catch (RuntimeException e) {
            database.closeQuietly(e);
            throw e;
        }
    }

    private void closeQuietly(RuntimeException reason) {
        try {
            close();
        } catch (StoreException e) {
            reason.addSuppressed(e);
        }
    }

    /** Returns why the store can only be read; empty when it can be written. */
    public Optional<StoreFault> unwritable() {
        return Optional.ofNullable(unwritable);
    }

    /**
     * Checks that the store can be written.
     *
     * @throws StoreException when it can only be read
     */
    public void requireWritable() {
        if (unwritable != null) {
            throw new StoreException(unwritable, null);
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

    /** Returns the schema version of the file. */
    public int schema() {
        return with(jdbc -> jdbc.sql("pragma user_version").query(Integer.class).single());
    }

    /** Returns a number that changes with every commit of another connection. */
    public long changesOfOthers() {
        return with(jdbc -> jdbc.sql("pragma data_version").query(Long.class).single());
    }

    /**
     * A state of the file. Between two equal states of the same connection nothing has changed.
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
     * Writes a consistent copy of the whole file. Other connections may go on writing meanwhile.
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
     * Replaces everything in this file by the content of another one, in one transaction. Whenever the process dies,
     * the file has the old content or the new one. Other connections see the new content with their next statement.
     *
     * @param source a store with the same schema that is open nowhere
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

    /** Runs statements, alone on the connection. Waits while another thread uses it. */
    public <T> T with(Function<JdbcClient, T> work) {
        lock.lock();
        try {
            return work.apply(jdbc);
        } finally {
            lock.unlock();
        }
    }

    /** Runs statements as a transaction. Inside another transaction they become a part of it. */
    public <T> T inTransaction(Function<JdbcClient, T> work) {
        lock.lock();
        try {
            if (!connection.getAutoCommit()) {
                return work.apply(jdbc);
            }
            requireWritable();
            begin();
            try {
                T result = work.apply(jdbc);
                // Commits.
                connection.setAutoCommit(true);
                return result;
            } catch (RuntimeException | SQLException | Error e) {
                rollBack(e);
                throw e;
            }
        } catch (SQLException e) {
            throw new StoreException(e);
        } finally {
            lock.unlock();
        }
    }

    private void begin() throws SQLException {
        try {
            connection.setAutoCommit(false);
        } catch (SQLException e) {
            rollBack(e);
            throw e;
        }
    }

    /**
     * Rolls back a transaction that failed. SQLite may have done so already, on a full disk for example, and the first
     * error counts.
     */
    private void rollBack(Throwable reason) {
        try (Statement statement = connection.createStatement()) {
            statement.execute("rollback");
        } catch (SQLException e) {
            reason.addSuppressed(e);
        }
        connection.getConnectionConfig().setAutoCommit(true);
    }

    /** Returns the number of the row that this connection has inserted last. */
    long lastRow() {
        return with(
                jdbc -> jdbc.sql("select last_insert_rowid()").query(Long.class).single());
    }

    /** Runs SQLite's quick check: "ok", or the first error that it finds. */
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

    /** Thrown when the file could not be read or written. */
    public static final class StoreException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final @Nullable StoreFault fault;

        StoreException(SQLException cause) {
            super(cause);
            this.fault = null;
        }

        StoreException(StoreFault fault, @Nullable Throwable cause) {
            super(fault.name(), cause);
            this.fault = fault;
        }

        /** Returns the fault, where it is known without the cause; else null. */
        @Nullable
        StoreFault fault() {
            return fault;
        }
    }
}
