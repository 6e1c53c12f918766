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

    /** Logging is the process's: two servers that start at the same time would set it up together, which it does not bear. */
    private static final ReentrantLock SETTING_UP_LOGGING = new ReentrantLock();

    private final List<String> properties;
    private final TestPostgres.Database database;
    private volatile ConfigurableApplicationContext context;

    private RunningServer(TestPostgres.Database database, List<String> properties) {
        this.database = database;
        this.properties = properties;
    }

    /**
     * The server that all tests share which need nothing special: starting one takes seconds. It is never stopped; it goes with the JVM.
     *
     * @param properties {@code name=value}; there is one server for each set of them
     */
    public static RunningServer shared(String... properties) {
        return SHARED.computeIfAbsent(List.of(properties), _ -> startNew(properties));
    }

    /** A server for one test, on an empty database. To be closed. */
    public static RunningServer startNew(String... properties) {
        return startOn(TestPostgres.newDatabase(), properties);
    }

    /** A server on a database that there is already. To be closed. */
    public static RunningServer startOn(TestPostgres.Database database, String... properties) {
        var server = new RunningServer(database, List.of(properties));
        server.start();
        return server;
    }

    /** Starts it (again), with the same database, on other ports. */
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
                // several servers run here one after the other, and tests say when they stop
                "spring.main.register-shutdown-hook=false",
                "management.metrics.use-global-registry=false"));
        // A property that is said twice is a list to Spring.
        properties.forEach(property -> arguments.removeIf(usual -> usual.startsWith(nameIn(property))));
        arguments.addAll(properties);
        SETTING_UP_LOGGING.lock();
        try {
            context = new SpringApplicationBuilder(ZapServer.class)
                    .initializers(RunningServer::loggingIsSetUp)
                    .run(arguments.stream().map(argument -> "--" + argument).toArray(String[]::new));
        } finally {
            if (SETTING_UP_LOGGING.isHeldByCurrentThread()) {
                SETTING_UP_LOGGING.unlock(); // it did not come so far
            }
        }
    }

    /** The first thing a server does, and the others may do it now. That it is not undone when this one stops is for their sake too. */
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

    /** Where health and metrics are. */
    public int httpPort() {
        return Objects.requireNonNull(
                context().getEnvironment().getProperty("local.server.port", Integer.class), "no web server");
    }

    /** A new peer on the main port. */
    public WireClient connect(String name) {
        return WireClient.connect(name, port());
    }

    /** A new peer on the recv port. */
    public WireClient connectRecv(String name) {
        return WireClient.connect(name, recvPort());
    }

    /** A new peer on the main port that is somebody already. */
    public WireClient connectAs(String name, String id) {
        return connect(name).connectAs(id);
    }

    public <T> T bean(Class<T> type) {
        return context().getBean(type);
    }

    public Connection database() throws SQLException {
        return database.connect();
    }

    /** How often something was refused for this reason since the server started. */
    public long refusals(Reason reason) {
        FunctionCounter counter = bean(MeterRegistry.class)
                .get("zap.refusals")
                .tag("reason", reason.name())
                .functionCounter();
        return Math.round(counter.count());
    }

    /** How often something was refused, for every reason. */
    public Map<Reason, Long> refusals() {
        var refusals = new EnumMap<Reason, Long>(Reason.class);
        for (Reason reason : Reason.values()) {
            refusals.put(reason, refusals(reason));
        }
        return refusals;
    }

    /** What a gauge shows now. */
    public double gauge(String name, String... tags) {
        return bean(MeterRegistry.class).get(name).tags(tags).gauge().value();
    }

    /** Whether the client has no session: also when it has hung up, that is so only when the server has seen it. */
    public boolean isOffline(String id) {
        return !bean(MailArrivals.class).isOnline(Long.parseLong(id));
    }

    /**
     * Makes the writer wait while something is done, and lets it go on after that: so that what was submitted meanwhile shares a commit,
     * or so that a slow database is seen.
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

    /** How far a counter has come. */
    public double counter(String name, String... tags) {
        return bean(MeterRegistry.class).get(name).tags(tags).functionCounter().count();
    }

    /** Waits for something that the server tells nobody of, by asking often: with a bound, and a word for what did not happen. */
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
                Thread.sleep(5); // between two questions
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
