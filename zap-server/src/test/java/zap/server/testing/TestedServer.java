package zap.server.testing;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.springframework.context.ApplicationContext;
import zap.protocol.Reason;
import zap.server.gateway.Gateway;
import zap.server.mailbox.MailArrivals;

/**
 * The server under test, as its peers and its operator see it: ports, counters, and its database. A bean of every
 * {@link ZapServerTest}; a test that starts and stops the server itself has a {@link RunningServer}.
 */
public abstract class TestedServer {

    private final TestPostgres.Database database;

    protected TestedServer(TestPostgres.Database database) {
        this.database = database;
    }

    /** Returns the context of the server. One that has been started again has another. */
    protected abstract ApplicationContext context();

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

    /** Returns a bean of the server. A {@link ZapServerTest} has it injected instead. */
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
}
