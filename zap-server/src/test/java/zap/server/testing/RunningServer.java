package zap.server.testing;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import zap.protocol.Reason;
import zap.server.ZapServer;
import zap.server.gateway.Gateway;
import zap.server.mailbox.MailArrivals;

/** The real server, in this JVM, on ports that the system chose, with a database of its own. */
public final class RunningServer implements AutoCloseable {

    private static final Map<List<String>, RunningServer> SHARED = new ConcurrentHashMap<>();

    /**
     * Guards the logging, which belongs to the process: two servers that start at the same time would set it up
     * together, which fails.
     */
    private static final ReentrantLock SETTING_UP_LOGGING = new ReentrantLock();

    private final List<String> properties;
    private final TestPostgres.Database database;
    private volatile ConfigurableApplicationContext context;

    private RunningServer(TestPostgres.Database database, List<String> properties) {
        this.database = database;
        this.properties = properties;
    }

    /**
     * Returns the server that is shared by all tests with ordinary needs, because a start takes seconds. It is never
     * stopped; it ends with the JVM.
     *
     * @param properties {@code name=value}; there is one server for each set of them
     */
    public static RunningServer shared(String... properties) {
        return SHARED.computeIfAbsent(List.of(properties), _ -> startNew(properties));
    }

    /** Starts a server for one test, on an empty database. The caller closes it. */
    public static RunningServer startNew(String... properties) {
        return startOn(TestPostgres.newDatabase(), properties);
    }

    /** Starts a server on an existing database. The caller closes it. */
    public static RunningServer startOn(TestPostgres.Database database, String... properties) {
        var server = new RunningServer(database, List.of(properties));
        server.start();
        return server;
    }

    /** Starts it, or starts it again with the same database on other ports. */
    public void start() {
        if (context != null) {
            throw new IllegalStateException("The server is running");
        }
        var arguments = new ArrayList<>(List.of(
                "zap.gateway.address=127.0.0.1",
                "zap.gateway.port=0",
                "zap.gateway.recv-port=0",
                "zap.gateway.tls-port=0",
                "server.port=0",
                "zap.database.url=" + database.url(),
                "zap.database.user=" + database.user(),
                "zap.database.password=" + database.password(),
                // several servers run here one after the other, and the tests stop them
                "spring.main.register-shutdown-hook=false",
                "management.metrics.use-global-registry=false"));
        // Spring takes a repeated property for a list.
        properties.forEach(property -> arguments.removeIf(usual -> usual.startsWith(nameIn(property))));
        arguments.addAll(properties);
        SETTING_UP_LOGGING.lock();
        try {
            context = new SpringApplicationBuilder(ZapServer.class)
                    .initializers(RunningServer::loggingIsSetUp)
                    .run(arguments.stream().map(argument -> "--" + argument).toArray(String[]::new));
        } finally {
            if (SETTING_UP_LOGGING.isHeldByCurrentThread()) {
                SETTING_UP_LOGGING.unlock(); // the start failed before that
            }
        }
    }

    /**
     * Releases the lock after a server has set the logging up, its first step; the others may start now. For their sake
     * it also stays set up when this one stops.
     */
    private static void loggingIsSetUp(ConfigurableApplicationContext starting) {
        starting.getBeanFactory().registerSingleton("springBootLoggingLifecycle", "for as long as the process");
        SETTING_UP_LOGGING.unlock();
    }

    private static String nameIn(String property) {
        return property.substring(0, property.indexOf('=') + 1);
    }

    /** Stops it as a signal would. */
    public void stop() {
        ConfigurableApplicationContext running = context();
        context = null;
        running.close();
    }

    public void restart() {
        stop();
        start();
    }

    public boolean isRunning() {
        return context != null;
    }

    public int port() {
        return bean(Gateway.class).port().orElseThrow();
    }

    public int recvPort() {
        return bean(Gateway.class).recvPort().orElseThrow();
    }

    public int tlsPort() {
        return bean(Gateway.class).tlsPort().orElseThrow();
    }

    /** Returns the port of health and metrics. */
    public int httpPort() {
        return Objects.requireNonNull(
                context().getEnvironment().getProperty("local.server.port", Integer.class), "no web server");
    }

    /** Connects a new peer to the main port. */
    public WireClient connect(String name) {
        return WireClient.connect(name, port());
    }

    /** Connects a new peer to the recv port. */
    public WireClient connectRecv(String name) {
        return WireClient.connect(name, recvPort());
    }

    /** Connects a new peer to the main port as an existing client. */
    public WireClient connectAs(String name, String id) {
        return connect(name).connectAs(id);
    }

    public <T> T bean(Class<T> type) {
        return context().getBean(type);
    }

    public Connection database() throws SQLException {
        return database.connect();
    }

    /** Returns the number of refusals with this reason since the server started. */
    public long refusals(Reason reason) {
        FunctionCounter counter = bean(MeterRegistry.class)
                .get("zap.refusals")
                .tag("reason", reason.name())
                .functionCounter();
        return Math.round(counter.count());
    }

    /** Returns the number of refusals for every reason. */
    public Map<Reason, Long> refusals() {
        var refusals = new EnumMap<Reason, Long>(Reason.class);
        for (Reason reason : Reason.values()) {
            refusals.put(reason, refusals(reason));
        }
        return refusals;
    }

    /** Returns the present value of a gauge. */
    public double gauge(String name, String... tags) {
        return bean(MeterRegistry.class).get(name).tags(tags).gauge().value();
    }

    /**
     * Returns whether the client has no session. After a client has closed its connection, that is true only when the
     * server has noticed.
     */
    public boolean isOffline(String id) {
        return !bean(MailArrivals.class).isOnline(Long.parseLong(id));
    }

    /**
     * Blocks the writer during an action: so that writes submitted meanwhile share a commit, or to simulate a slow
     * database.
     */
    public void whileNothingIsStored(Runnable action) throws SQLException {
        try (Connection connection = database();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table client in exclusive mode");
            action.run();
            connection.rollback();
        }
    }

    /** Returns the present value of a counter. */
    public double counter(String name, String... tags) {
        return bean(MeterRegistry.class).get(name).tags(tags).functionCounter().count();
    }

    /** Waits, with a bound, for an event that the server does not report, by polling. The failure names the event. */
    public static void await(String what, BooleanSupplier happened) {
        await(what, WireClient.PATIENCE, happened);
    }

    public static void await(String what, Duration most, BooleanSupplier happened) {
        long until = System.nanoTime() + most.toNanos();
        while (!happened.getAsBoolean()) {
            if (System.nanoTime() > until) {
                throw new AssertionError("Waited " + most.toMillis() + " ms in vain: " + what);
            }
            try {
                Thread.sleep(5); // between two polls
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    private ConfigurableApplicationContext context() {
        ConfigurableApplicationContext running = context;
        if (running == null) {
            throw new IllegalStateException("The server is not running");
        }
        return running;
    }

    @Override
    public void close() {
        if (context != null) {
            stop();
        }
    }
}
