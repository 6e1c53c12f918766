package zap.bench.explain;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import zap.bench.load.CannotMeasureException;

/** Samples, over a connection of its own, what the processes of PostgreSQL wait for, and reads its counters. */
final class DatabaseSampler implements AutoCloseable {

    static final String NAME = "explain-databas";

    private static final long EVERY_NANOS = 10_000_000;
    /** One in so many samples asks for the file of the log, too. */
    private static final int SEGMENT_EVERY = 5;

    private static final String ACTIVITY = """
            select pid, backend_type, wait_event_type, wait_event from pg_stat_get_activity(null)
            where pid <> pg_backend_pid() and state is distinct from 'idle'
                and wait_event_type is distinct from 'Activity'
            """;

    private static final String SEGMENT = """
            select ((pg_current_wal_lsn() - '0/0') / setting::numeric)::bigint
            from pg_settings where name = 'wal_segment_size'
            """;

    private static final String LOG_IO = """
            select context, sum(writes) as writes, sum(write_bytes) as write_bytes, sum(write_time) as write_time,
                sum(fsyncs) as fsyncs, sum(fsync_time) as fsync_time
            from pg_stat_io where object = 'wal' group by context
            """;

    private static final String DATA_IO = """
            select 'of ' || backend_type, sum(reads) as reads, sum(writes) as writes, sum(extends) as extends,
                sum(fsyncs) as fsyncs
            from pg_stat_io where object = 'relation' group by backend_type
            """;

    private final Connection connection;
    private final DatabaseSamples samples = new DatabaseSamples();
    private final SamplingThread thread = new SamplingThread(NAME, EVERY_NANOS, this::run);
    private volatile @Nullable SQLException failure;

    private DatabaseSampler(Connection connection) {
        this.connection = connection;
    }

    /**
     * Connects.
     *
     * @throws CannotMeasureException when PostgreSQL does not let us in
     */
    static DatabaseSampler connect(DatabaseAccess access) {
        var properties = new Properties();
        properties.setProperty("user", access.user());
        properties.setProperty("password", access.password());
        properties.setProperty("ApplicationName", "zap-bench");
        try {
            Connection connection = DriverManager.getConnection(access.url(), properties);
            if (access.mayChangeSettings()) {
                try (Statement statement = connection.createStatement()) {
                    statement.execute("alter system set track_wal_io_timing = on");
                    statement.execute("select pg_reload_conf()");
                }
            }
            return new DatabaseSampler(connection);
        } catch (SQLException e) {
            throw new CannotMeasureException(
                    "Cannot look into the server's PostgreSQL (" + access + "): " + e.getMessage(), e);
        }
    }

    void start() {
        thread.start();
    }

    private void run() {
        try (PreparedStatement activity = connection.prepareStatement(ACTIVITY);
                PreparedStatement segment = connection.prepareStatement(SEGMENT)) {
            for (int n = 0; !thread.isStopping(); n++) {
                sample(activity);
                if (n % SEGMENT_EVERY == 0) {
                    try (ResultSet row = segment.executeQuery()) {
                        row.next();
                        samples.addSegment(System.nanoTime(), row.getLong(1));
                    }
                }
                thread.pause();
            }
        } catch (SQLException e) {
            failure = e;
        }
    }

    private void sample(PreparedStatement activity) throws SQLException {
        var activities = new ArrayList<DatabaseSamples.Activity>(2);
        long before = System.nanoTime();
        try (ResultSet rows = activity.executeQuery()) {
            while (rows.next()) {
                activities.add(new DatabaseSamples.Activity(
                        rows.getLong(1),
                        Objects.requireNonNullElse(rows.getString(2), ""),
                        Objects.requireNonNullElse(rows.getString(3), ""),
                        Objects.requireNonNullElse(rows.getString(4), "")));
            }
        }
        samples.add(before + (System.nanoTime() - before) / 2, activities);
    }

    /** Ends the sampling, and waits for that. The connection stays open for the counters. */
    void stop() {
        thread.stop();
    }

    /** Returns the samples. To be called after the end. */
    DatabaseSamples samples() {
        return samples;
    }

    /** Returns the failure that ended the sampling early; null for none. */
    @Nullable
    SQLException failure() {
        return failure;
    }

    /**
     * Returns the counters of the views that this version of PostgreSQL has: the log, checkpoints, input and output.
     * Not to be called while it samples.
     */
    Map<String, Double> counters() {
        var counters = new LinkedHashMap<String, Double>();
        read(counters, "log", "select '', * from pg_stat_wal");
        read(counters, "log files", LOG_IO);
        read(counters, "checkpoints", "select '', * from pg_stat_checkpointer");
        read(counters, "background writer", "select '', * from pg_stat_bgwriter");
        read(counters, "data", DATA_IO);
        return counters;
    }

    /** Adds all numeric columns. The first column is a word for the names. */
    private void read(Map<String, Double> counters, String name, String sql) {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            ResultSetMetaData columns = rows.getMetaData();
            while (rows.next()) {
                String word = rows.getString(1);
                for (int i = 2; i <= columns.getColumnCount(); i++) {
                    if (isNumber(columns.getColumnType(i))) {
                        counters.put(
                                name + (word.isEmpty() ? "" : " " + word) + ", " + columns.getColumnName(i),
                                rows.getDouble(i));
                    }
                }
            }
        } catch (SQLException e) {
            // This version has no such view or column.
        }
    }

    private static boolean isNumber(int type) {
        return type == Types.BIGINT || type == Types.DOUBLE || type == Types.NUMERIC || type == Types.INTEGER;
    }

    @Override
    public void close() {
        stop();
        try {
            connection.close();
        } catch (SQLException e) {
            // It is gone, as it should be.
        }
    }
}
