package zap.server.database;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * The settings of the server's own PostgreSQL: for one server on a small machine, and so that committed data is never
 * lost.
 */
final class PostgresConf {

    private PostgresConf() {}

    private static final int MEGABYTE = 1024 * 1024;
    private static final int LEAST_BUFFERS = 16;
    private static final int MOST_BUFFERS = 128;
    private static final int SHARE_OF_BUFFERS = 16;

    /**
     * Returns the size of PostgreSQL's shared buffers in megabytes: smaller on a small machine, or in a small
     * container.
     */
    static int sharedBuffers() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
                ? sharedBuffers(system.getTotalMemorySize())
                : MOST_BUFFERS;
    }

    static int sharedBuffers(long memory) {
        return Math.clamp(memory / MEGABYTE / SHARE_OF_BUFFERS, LEAST_BUFFERS, MOST_BUFFERS);
    }

    /**
     * Returns the settings.
     *
     * @param loopback the address that PostgreSQL listens at
     * @param sharedBuffers megabytes
     */
    static String with(String loopback, int port, int sharedBuffers) {
        return """
            # Written by zap at every start. For your own settings use ALTER SYSTEM SET …, which writes postgresql.auto.conf.

            # Only this machine, only with the password, no socket in a folder that every user can write to.
            listen_addresses = '%s'
            port = %s
            unix_socket_directories = ''
            max_connections = 50

            # Committed data survives power failures and killed processes. An acknowledgement promises that.
            fsync = on
            synchronous_commit = on
            full_page_writes = on

            # Checkpoints are rare and spread out: they cost the write path more than a longer repair after a crash. The log
            # keeps its files, up to half of the maximum, because an existing file costs the write path nothing.
            max_wal_size = '2GB'
            min_wal_size = '1GB'
            checkpoint_timeout = '15min'
            wal_compression = on

            # What a backend writes goes to the disk soon, and not when the system finds it half a minute old: then a gigabyte
            # goes at once, and every flush of the log waits behind it.
            backend_flush_after = '1MB'

            # A small server. Its queries are short: neither compiling them nor sharing them among processes pays.
            shared_buffers = '%sMB'
            jit = off
            max_parallel_workers_per_gather = 0
            random_page_cost = 1.1
            autovacuum = on

            # A week of logs below data/log. Terse, because a detail would show the row, and with it the text of a message.
            logging_collector = on
            log_directory = 'log'
            log_filename = 'postgresql-%%a.log'
            log_truncate_on_rotation = on
            log_rotation_age = '1d'
            log_rotation_size = 0
            log_line_prefix = '%%m [%%p] '
            log_error_verbosity = terse
            log_min_error_statement = panic
            log_timezone = 'UTC'
            timezone = 'UTC'
            """.formatted(loopback, port, sharedBuffers);
    }
}
