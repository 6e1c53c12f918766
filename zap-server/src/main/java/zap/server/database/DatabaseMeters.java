package zap.server.database;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * The metrics of the database. They are measured once a minute and not when they are read, because a database that does
 * not answer must not block the reader.
 */
@Component
class DatabaseMeters {

    private static final Logger log = LoggerFactory.getLogger(DatabaseMeters.class);

    private final JdbcTemplate jdbc;
    private volatile double size = Double.NaN;

    DatabaseMeters(JdbcTemplate jdbc, MeterRegistry registry) {
        this.jdbc = jdbc;
        Gauge.builder("zap.database.size", this, meters -> meters.size)
                .description("Size of the database on its disk, without the write-ahead log")
                .baseUnit("bytes")
                .register(registry);
    }

    /**
     * Measures the sizes. When the database does not answer, a size becomes not-a-number, because an old value would
     * mislead.
     */
    @Scheduled(fixedDelayString = "PT1M")
    void measure() {
        try {
            Long bytes = jdbc.queryForObject("select pg_database_size(current_database())", Long.class);
            size = bytes == null ? Double.NaN : bytes;
        } catch (DataAccessException e) {
            size = Double.NaN;
            log.debug("The size of the database is not known: {}", e.getMessage());
        }
    }
}
