package zap.server.cluster;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Tells other nodes, through the database, which of their clients have new mail ({@code NOTIFY}). The mail itself they
 * read from the log.
 *
 * <p>Any of it may be lost: a node also looks for mail from time to time. One call stands for all mail of a few
 * milliseconds, because a notifying commit waits for every other one, and the driver's side falls behind above some
 * hundred notifications a second.
 */
@Component
class Wakes implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Wakes.class);

    /** Maximum number of clients in one notification. Its text is limited to 8,000 bytes. */
    private static final int CLIENTS_IN_ONE = 500;

    private static final String NOTIFY = "select pg_notify(:channel, :clients)";
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration LISTEN_AT_A_TIME = Duration.ofSeconds(1);

    private final JdbcClient jdbc;
    private final JdbcConnectionDetails database;
    private final ClusterProperties properties;
    private final ClusterMeters meters;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition waiting = lock.newCondition();

    /** For each node, its clients with new mail. Guarded by the lock. */
    private final Map<Long, Set<Long>> untold = new HashMap<>();

    private @Nullable Thread telling;
    private @Nullable Thread listening;
    private volatile boolean closed;

    Wakes(JdbcClient jdbc, JdbcConnectionDetails database, ClusterProperties properties, ClusterMeters meters) {
        this.jdbc = jdbc;
        this.database = database;
        this.properties = properties;
        this.meters = meters;
    }

    /**
     * Tells a node that some of its clients have new mail. Does not block.
     *
     * @param node the number of the node
     */
    void tell(long node, Set<Long> clients) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (telling == null) {
                telling = Thread.ofVirtual().name("telling-nodes").start(this::tell);
            }
            untold.computeIfAbsent(node, _ -> new HashSet<>()).addAll(clients);
            waiting.signal();
        } finally {
            lock.unlock();
        }
    }

    private void tell() {
        try {
            while (true) {
                tell(take());
                Thread.sleep(properties.tellEvery()); // what comes meanwhile goes out together
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Map<Long, Set<Long>> take() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (untold.isEmpty()) {
                waiting.await();
            }
            var taken = new HashMap<>(untold);
            untold.clear();
            return taken;
        } finally {
            lock.unlock();
        }
    }

    private void tell(Map<Long, Set<Long>> all) {
        try {
            all.forEach((node, clients) -> {
                List<Long> each = List.copyOf(clients);
                for (int from = 0; from < each.size(); from += CLIENTS_IN_ONE) {
                    jdbc.sql(NOTIFY)
                            .param("channel", channelOf(node))
                            .param(
                                    "clients",
                                    each.subList(from, Math.min(from + CLIENTS_IN_ONE, each.size())).stream()
                                            .map(String::valueOf)
                                            .collect(Collectors.joining(",")))
                            .query(String.class)
                            .optional();
                    meters.sent();
                }
            });
        } catch (DataAccessException e) {
            log.debug("Could not tell other nodes of mail, which they will find: {}", e.getMessage());
        }
    }

    private static String channelOf(long node) {
        return "zap_node_" + node;
    }

    /**
     * Listens to other nodes until this is closed. A node that is alone has no connection for it.
     *
     * @param node the number of this node
     * @param alone tells whether there is no other node to listen to
     * @param woken receives clients that may have new mail; runs on the listening thread
     */
    void listen(long node, BooleanSupplier alone, Consumer<Set<Long>> woken) {
        lock.lock();
        try {
            if (!closed && listening == null) {
                listening = Thread.ofVirtual()
                        .name("listening-to-nodes")
                        .start(() -> listenOn(channelOf(node), alone, woken));
            }
        } finally {
            lock.unlock();
        }
    }

    private void listenOn(String channel, BooleanSupplier alone, Consumer<Set<Long>> woken) {
        try {
            while (!closed) {
                if (!alone.getAsBoolean()) {
                    listenOnce(channel, alone, woken);
                }
                Thread.sleep(PAUSE); // the database needs time to come back, or other nodes may come
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void listenOnce(String channel, BooleanSupplier alone, Consumer<Set<Long>> woken) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("listen " + channel);
            hear(connection.unwrap(PGConnection.class), alone, woken);
        } catch (SQLException e) {
            log.debug("Cannot listen to other nodes at the moment: {}", e.getMessage());
        }
    }

    /** A connection of its own, because it is never given back. */
    private Connection connect() throws SQLException {
        var settings = new Properties();
        @Nullable String user = database.getUsername();
        @Nullable String password = database.getPassword();
        if (user != null) {
            settings.setProperty("user", user);
        }
        if (password != null) {
            settings.setProperty("password", password);
        }
        return DriverManager.getConnection(database.getJdbcUrl(), settings);
    }

    private void hear(PGConnection connection, BooleanSupplier alone, Consumer<Set<Long>> woken) throws SQLException {
        while (!closed && !alone.getAsBoolean()) {
            PGNotification @Nullable [] heard =
                    connection.getNotifications(Math.toIntExact(LISTEN_AT_A_TIME.toMillis()));
            if (heard != null && heard.length > 0) {
                meters.received(heard.length);
                woken.accept(Arrays.stream(heard)
                        .flatMap(one -> Arrays.stream(one.getParameter().split(",")))
                        .map(Long::valueOf)
                        .collect(Collectors.toSet()));
            }
        }
    }

    /** Ends both threads. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            if (telling != null) {
                telling.interrupt();
            }
            if (listening != null) {
                listening.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }
}
