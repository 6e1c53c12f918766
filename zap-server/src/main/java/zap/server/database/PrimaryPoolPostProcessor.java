package zap.server.database;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import java.nio.file.Path;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.ApplicationEventPublisher;

/**
 * Makes the pool of an external database open its connections with {@link PrimaryConnections}.
 *
 * <p>With several hosts, one lost connection makes all others suspect, because they may be to a primary that hangs or
 * has been replaced: the pool closes them. So whoever asks for the fate of a commit after its connection was lost asks
 * over a connection that was opened, and checked, after that.
 */
final class PrimaryPoolPostProcessor implements BeanPostProcessor {

    private final ObjectProvider<Database> database;
    private final ObjectProvider<DatabaseProperties> properties;
    private final ApplicationEventPublisher events;

    PrimaryPoolPostProcessor(
            ObjectProvider<Database> database,
            ObjectProvider<DatabaseProperties> properties,
            ApplicationEventPublisher events) {
        this.database = database;
        this.properties = properties;
        this.events = events;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String name) {
        if (bean instanceof HikariDataSource pool && database.getObject() instanceof ExternalDatabase external) {
            var timelines = new Timelines(Path.of(properties.getObject().directory(), "timelines"));
            var connections = new PrimaryConnections(external, timelines, pool.getDataSourceProperties());
            pool.setDataSource(connections);
            connections.whenPromoted(timeline -> {
                evict(pool);
                events.publishEvent(new PromotionEvent(timeline));
            });
            if (connections.hasSeveralHosts()) {
                pool.setExceptionOverride(new SQLExceptionOverride() {
                    @java.lang.Override // its own type of this name hides the annotation
                    public SQLExceptionOverride.Override adjudicate(SQLException e) {
                        if (PrimaryConnections.isBroken(e)) {
                            connections.suspect();
                            evict(pool);
                        }
                        return SQLExceptionOverride.Override.CONTINUE_EVICT;
                    }
                });
            }
        }
        return bean;
    }

    /** Closes the connections that are not in use, and the others when they are given back. */
    private static void evict(HikariDataSource pool) {
        // There is none before the first connection.
        if (pool.isRunning()) {
            pool.getHikariPoolMXBean().softEvictConnections();
        }
    }

    /** Returns the source of the pool's connections; null if it is not the external database's. */
    static @Nullable PrimaryConnections connectionsOf(Object pool) {
        return pool instanceof HikariDataSource hikari && hikari.getDataSource() instanceof PrimaryConnections primary
                ? primary
                : null;
    }
}
