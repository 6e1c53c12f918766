package zap.server.testing;

import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import zap.server.ZapServer;

/**
 * A server that a test starts, stops, restarts or kills: in this JVM, on ports that the system chose, with a database
 * of its own. Tests that only use a server share one: {@link ZapServerTest}.
 */
public final class RunningServer extends TestedServer implements AutoCloseable {

    private final List<String> properties;
    private final TestPostgres.Database database;
    private volatile ConfigurableApplicationContext context;

    private RunningServer(TestPostgres.Database database, List<String> properties) {
        super(database);
        this.database = database;
        this.properties = properties;
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
        if (isRunning()) {
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
        context = new SpringApplicationBuilder(ZapServer.class)
                .run(arguments.stream().map(argument -> "--" + argument).toArray(String[]::new));
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

    /** Returns whether the server has stopped without being told to by the test. */
    public boolean hasStoppedByItself() {
        return !context().isActive();
    }

    @Override
    protected ConfigurableApplicationContext context() {
        ConfigurableApplicationContext running = context;
        if (running == null) {
            throw new IllegalStateException("The server is not running");
        }
        return running;
    }

    @Override
    public void close() {
        if (isRunning()) {
            stop();
        }
    }
}
