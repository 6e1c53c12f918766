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
 * The profile's SQLite file. One connection, used by one thread at a time; several processes may have the file open.
 *
 * <p>A commit is on disk when it returns (WAL, synchronous=FULL): what has come in is confirmed to nobody before that.
 */
public final class ProfileDatabase implements AutoCloseable {

    /** What the last migration sets: the tables are looked at by Flyway only when the file is behind this. */
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
        // Spring's templates leave a single connection open by themselves; the proxy that makes everybody do so takes
        // its time to make.
        this.jdbc = JdbcClient.create(new SingleConnectionDataSource(connection, false));
    }

    /**
     * Opens the profile's file, and makes it first if there is none. Where it cannot be written it is opened for reading alone, and
     * {@link #unwritable} says why.
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

    /** Opens a store outside of a profile, and brings its tables up to date. */
    public static ProfileDatabase open(Path file) {
        return open(URL + file);
    }

    /**
     * Returns which migrations a file has had, without changing it.
     *
     * @throws StoreException when it is no SQLite file
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
     * Opens a store that was not made by a newer zap.
     *
     * @param unwritable why it can only be read; null when it can be written
     */
    static ProfileDatabase open(String url, SQLiteConfig config, @Nullable StoreFault unwritable) {
        config.setBusyTimeout(BUSY_TIMEOUT_MS);
        config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
        ProfileDatabase database;
        try {
            database = new ProfileDatabase((SQLiteConnection) config.createConnection(url), unwritable);
        } catch (SQLException e) {
            throw new StoreException(e);
        }
        try {
            if (database.schema() > SCHEMA) {
                throw new StoreException(StoreFault.NEWER, null);
            }
            if (unwritable != null) {
                // What cannot be kept must not seem to be.
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

    /** Ends a transaction that failed. SQLite may have done so already, on a full disk for example, and what counts is the first error. */
    private void rollBack(Throwable reason) {
        try (Statement statement = connection.createStatement()) {
            statement.execute("rollback");
        } catch (SQLException e) {
            reason.addSuppressed(e);
        }
        connection.getConnectionConfig().setAutoCommit(true);
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

        private final @Nullable StoreFault fault;

        StoreException(SQLException cause) {
            super(cause);
            this.fault = null;
        }

        StoreException(StoreFault fault, @Nullable Throwable cause) {
            super(fault.name(), cause);
            this.fault = fault;
        }

        /** Returns what is wrong, where that is known without looking at the cause. */
        @Nullable
        StoreFault fault() {
            return fault;
        }
    }
}
