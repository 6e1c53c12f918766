package zap.server.database;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * The replication of an external database, as the last look saw it. A database that does not answer must not block the
 * reader of the health, so it is looked at in intervals.
 */
@Component
public class Replication {

    private static final Logger log = LoggerFactory.getLogger(Replication.class);

    private static final long LOOK_EVERY_SECONDS = 2;

    private final JdbcTemplate jdbc;
    private final boolean external;
    private final boolean severalHosts;
    private final boolean required;
    private volatile ReplicationState state = ReplicationState.unknown();
    /** The last kind that the database has told, and that was logged. */
    private volatile ReplicationState.Kind lastKnown = ReplicationState.Kind.UNKNOWN;

    Replication(DataSource pool, Database database, DatabaseProperties properties, MeterRegistry registry) {
        this.jdbc = new JdbcTemplate(pool);
        this.external = database instanceof ExternalDatabase;
        this.severalHosts =
                database instanceof ExternalDatabase given && given.hosts().size() > 1;
        this.required = properties.replication() == DatabaseProperties.Replication.REQUIRED;
        Gauge.builder("zap.database.replicated", this, Replication::replicated)
                .description("1 if each commit is on a standby before it is acknowledged, 0 if not")
                .register(registry);
        Gauge.builder("zap.database.replication.lag", this, one -> one.lag(ReplicationState.Lag::seconds))
                .description("Time until a commit is on the disk of the standby, too, as last measured")
                .baseUnit("seconds")
                .register(registry);
        Gauge.builder("zap.database.replication.behind", this, one -> one.lag(ReplicationState.Lag::bytes))
                .description("Write-ahead log that is not on the disk of the standby yet")
                .baseUnit("bytes")
                .register(registry);
    }

    private double lag(ToDoubleFunction<ReplicationState.Lag> part) {
        ReplicationState.@Nullable Lag lag = state.lag();
        return lag == null ? Double.NaN : part.applyAsDouble(lag);
    }

    private double replicated() {
        return switch (state.kind()) {
            case SYNCHRONOUS -> 1;
            case UNKNOWN -> external ? Double.NaN : 0;
            case WAITING, ASYNCHRONOUS, NONE -> 0;
        };
    }

    /** Returns the state at the last look; empty for the server's own PostgreSQL, which has no standby. */
    public Optional<ReplicationState> state() {
        return external ? Optional.of(state) : Optional.empty();
    }

    /**
     * Returns whether a failover now would lose messages, as far as is known. While the database does not answer, what
     * was known before counts.
     */
    public boolean mayLose() {
        return switch (lastKnown) {
            case SYNCHRONOUS, WAITING -> false;
            case ASYNCHRONOUS, NONE, UNKNOWN -> true;
        };
    }

    /** Returns whether a synchronous standby is required, and was missing at the last look. */
    public boolean isMissing() {
        return required && state.kind() != ReplicationState.Kind.SYNCHRONOUS;
    }

    /** Looks once. */
    @Scheduled(fixedDelay = LOOK_EVERY_SECONDS, timeUnit = TimeUnit.SECONDS)
    void look() {
        if (external) {
            try {
                ReplicationState seen = jdbc.execute((ConnectionCallback<ReplicationState>) ReplicationState::of);
                state = seen == null ? ReplicationState.unknown() : seen;
                logChange(state.kind(), state.described());
            } catch (DataAccessException e) {
                state = ReplicationState.unknown();
                log.debug("The replication of the database is not known: {}", e.getMessage());
            }
        }
    }

    /** Logs the first kind, and each change. An operator who names several hosts expects that nothing is lost. */
    private void logChange(ReplicationState.Kind kind, String described) {
        ReplicationState.Kind before = lastKnown;
        if (kind == before) {
            return;
        }
        lastKnown = kind;
        boolean isExpected = kind == ReplicationState.Kind.NONE
                && before == ReplicationState.Kind.UNKNOWN
                && !severalHosts
                && !required;
        boolean fine = isExpected || kind == ReplicationState.Kind.SYNCHRONOUS;
        log.atLevel(fine ? Level.INFO : Level.WARN).log("Replication of the database: {}", described);
    }
}
