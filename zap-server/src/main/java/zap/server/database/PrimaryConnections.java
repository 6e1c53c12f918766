package zap.server.database;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * Opens connections to the primary of an external database, for the pool. Refuses a standby, and an old primary that
 * has come back after a failover ({@link Timelines}).
 *
 * <p>After a connection was lost ({@link #suspect}), the next one is opened only after all hosts of the URL have been
 * asked for their timelines. So this server learns of a promotion that happened meanwhile before it asks anyone for the
 * fate of a commit, even if the old primary answers first.
 */
final class PrimaryConnections extends AbstractDataSource {

    private static final Logger log = LoggerFactory.getLogger(PrimaryConnections.class);

    /** Seconds for each answer during the login, which takes milliseconds. */
    private static final int LOGIN_TIMEOUT = 10;

    /** Seconds for a login, and then for the answer, of a host that is only asked for its timeline. */
    private static final int LOOK_TIMEOUT = 2;

    /**
     * The timeline is the first part of a log file's name. The control file has it too, but only from the first
     * checkpoint after the promotion.
     */
    private static final String LOOK = """
            select (select system_identifier from pg_control_system())::text,
                ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint
            """;

    private static final String WHERE = """
            select pg_is_in_recovery(), host(inet_server_addr()) || ':' || inet_server_port()
            """;

    /**
     * Lets PostgreSQL notice that we have given up on a statement. Otherwise a statement that waits for a lock would
     * wait on without us, and each attempt would add one.
     */
    private static final String NOTICE_OUR_END = """
            select set_config('client_connection_check_interval', '10s', false)
            where current_setting('client_connection_check_interval') = '0'
            """;

    private final ExternalDatabase database;
    private final List<ExternalDatabase> hosts;
    private final Timelines timelines;
    private final Properties properties;
    private final AtomicBoolean suspicious = new AtomicBoolean(true);
    private final AtomicBoolean unknownTimelineLogged = new AtomicBoolean();
    private volatile LongConsumer whenPromoted = _ -> {};
    private volatile @Nullable String lastRefusal;
    /** True once a connection has been opened: a higher timeline is news only from then on. */
    private volatile boolean opened;

    /** @param driverProperties further properties of the driver */
    PrimaryConnections(ExternalDatabase database, Timelines timelines, Properties driverProperties) {
        this.database = database;
        this.hosts = database.hosts();
        this.timelines = timelines;
        this.properties = new Properties();
        properties.putAll(driverProperties);
        setUnlessMissing("user", database.user());
        setUnlessMissing("password", database.secret());
    }

    private void setUnlessMissing(String name, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            properties.setProperty(name, value);
        }
    }

    /** Sets the action when a higher timeline is seen: older connections may be to the old primary. Must not block. */
    void whenPromoted(LongConsumer action) {
        whenPromoted = action;
    }

    /** Returns whether the URL names several hosts. */
    boolean hasSeveralHosts() {
        return hosts.size() > 1;
    }

    /** Lets the next connection be opened only after all hosts were asked for their timelines. */
    void suspect() {
        suspicious.set(true);
    }

    /**
     * Opens a connection to the primary.
     *
     * @throws StandbyException when there is only a standby
     * @throws OldPrimaryException when there is only an old primary
     */
    @Override
    public Connection getConnection() throws SQLException {
        boolean asked = suspicious.getAndSet(false);
        try {
            return asked && hasSeveralHosts() ? openNewest() : openAny();
        } catch (SQLException | RuntimeException e) {
            if (asked) {
                suspect();
            }
            throw e;
        }
    }

    /** Opens a connection for the role of the URL, because the pool has no other. */
    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        return getConnection();
    }

    /** Has no effect: the URL has time limits for each host. */
    @Override
    public void setLoginTimeout(int seconds) {
        // The driver would apply it to all hosts together, and one that hangs would leave no time for the others.
    }

    /** Asks all hosts, and opens a connection to the primary with the highest timeline. */
    private Connection openNewest() throws SQLException {
        @Nullable ExternalDatabase newest = null;
        for (ExternalDatabase host : hosts) {
            // One that is not refused has the highest timeline so far, so it comes before those that were asked
            // earlier.
            newest = isPrimary(host) ? host : newest;
        }
        if (newest != null) {
            try {
                return open(newest);
            } catch (SQLException e) {
                log.debug("{} has just answered: {}", newest, e.getMessage());
            }
        }
        return openAny();
    }

    private boolean isPrimary(ExternalDatabase host) {
        try (Connection connection = DriverManager.getConnection(host.urlForLook(LOOK_TIMEOUT), properties)) {
            checkIsPrimary(connection);
            return true;
        } catch (OldPrimaryException e) {
            logOnce(e);
            return false;
        } catch (SQLException e) {
            log.debug("{} is no primary that answers: {}", host, e.getMessage());
            return false;
        }
    }

    private Connection openAny() throws SQLException {
        try {
            return open(database);
        } catch (OldPrimaryException e) {
            logOnce(e);
            // The driver takes the first host that calls itself the primary. The true one may be another.
            for (ExternalDatabase host : hasSeveralHosts() ? hosts : List.<ExternalDatabase>of()) {
                try {
                    return open(host);
                } catch (SQLException other) {
                    e.addSuppressed(other);
                }
            }
            throw e;
        }
    }

    private void logOnce(OldPrimaryException e) {
        if (!String.valueOf(e.getMessage()).equals(lastRefusal)) {
            lastRefusal = e.getMessage();
            log.error("Not used: {}. {}", e.getMessage(), e.advice());
        }
    }

    private Connection open(ExternalDatabase from) throws SQLException {
        int login = from.socketTimeout() == 0 ? LOGIN_TIMEOUT : Math.min(LOGIN_TIMEOUT, from.socketTimeout());
        Connection connection = DriverManager.getConnection(from.urlForLogin(login), properties);
        try {
            checkIsPrimary(connection);
            noticeOurEnd(connection);
            connection.setNetworkTimeout(Runnable::run, from.socketTimeout() * 1000);
            opened = true;
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private void checkIsPrimary(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            String host;
            try (ResultSet row = statement.executeQuery(WHERE)) {
                row.next();
                @Nullable String address = row.getString(2);
                host = address == null ? database.described() : address;
                if (row.getBoolean(1)) {
                    throw new StandbyException(host);
                }
            }
            checkTimeline(statement, host);
        }
    }

    private void checkTimeline(Statement statement, String host) throws SQLException {
        String system;
        long timeline;
        try (ResultSet row = statement.executeQuery(LOOK)) {
            row.next();
            system = row.getString(1);
            timeline = row.getLong(2);
        } catch (SQLException e) {
            if (isBroken(e)) {
                throw e;
            }
            if (!unknownTimelineLogged.getAndSet(true)) {
                log.info(
                        "This PostgreSQL does not tell its timeline, so an old primary that comes back after a failover"
                                + " cannot be recognized: {}",
                        e.getMessage());
            }
            return;
        }
        long seen = timelines.highest(system);
        if (timeline < seen) {
            throw new OldPrimaryException(host, timeline, seen, timelines.file());
        }
        if (timelines.saw(system, timeline)) {
            if (opened) {
                log.warn("The primary is at {} now: its timeline is {}, it was {} before", host, timeline, seen);
                whenPromoted.accept(timeline);
            } else {
                log.info("The primary is at {}, with timeline {}", host, timeline);
            }
        }
    }

    private static void noticeOurEnd(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(NOTICE_OUR_END);
        } catch (SQLException e) {
            if (isBroken(e)) {
                throw e;
            }
            log.debug("PostgreSQL will not notice when a statement is given up: {}", e.getMessage());
        }
    }

    /** Returns whether the failure concerns the connection or the whole PostgreSQL, and not a statement. */
    static boolean isBroken(SQLException e) {
        @Nullable String state = e.getSQLState();
        return state != null && (state.startsWith("08") || state.startsWith("57P"));
    }
}
