package zap.server.database;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The replication of an external database at one moment: whether a commit is on a standby before it is acknowledged.
 *
 * @param kind what a failover would keep
 * @param standbys the connected standbys, in words; only their names if the role may not see more
 * @param lag the lag of the standby that would take over; null if there is none, or the role may not see it
 */
public record ReplicationState(
        Kind kind, List<String> standbys, @Nullable Lag lag) {

    /**
     * The part of the log that a standby does not have on its disk yet.
     *
     * @param bytes its length
     * @param seconds the time from the flush of a commit on the primary to its flush on the standby, as last measured
     */
    public record Lag(long bytes, double seconds) {}

    /** Kinds of replication. */
    public enum Kind {
        /** A commit is acknowledged when a standby has it. */
        SYNCHRONOUS("each commit is on a standby before it is acknowledged: a failover loses nothing"),
        /** A commit waits for a standby, and none is connected. */
        WAITING("no synchronous standby is connected, and commits wait until one is"),
        /** A standby is connected, and a commit does not wait for it. */
        ASYNCHRONOUS("the standby is asynchronous: a failover loses the last messages that were acknowledged"),
        /** Commits do not wait for a standby, and none is connected. */
        NONE("no standby is connected: the messages are on one machine only"),
        /** The database does not tell, or does not answer. */
        UNKNOWN("the database does not tell");

        private final String sentence;

        Kind(String sentence) {
            this.sentence = sentence;
        }
    }

    /** Values of synchronous_commit with which a commit waits for the standby. */
    private static final Set<String> WAITS = Set.of("on", "remote_apply", "remote_write");

    /** Without the privileges of pg_read_all_stats, the row of a standby has a name and nothing else. */
    private static final String STANDBYS = """
            select coalesce(application_name, '') || coalesce(' at ' || host(client_addr), '')
                    || coalesce(', ' || state, '') || coalesce(', ' || sync_state, '')
                    || coalesce(', ' || round(extract(epoch from replay_lag)::numeric, 3) || ' s behind', ''),
                sync_state is null as untold,
                state = 'streaming' and sync_state in ('sync', 'quorum') as synchronous,
                greatest(pg_wal_lsn_diff(pg_current_wal_flush_lsn(), flush_lsn), 0)::bigint as behind,
                coalesce(extract(epoch from flush_lag), 0)::double precision as lag
            from pg_stat_replication
            where coalesce(state, 'streaming') <> 'backup'
            order by 1
            """;

    private static final String SETTINGS = """
            select current_setting('synchronous_standby_names') <> '', current_setting('synchronous_commit')
            """;

    public ReplicationState {
        standbys = List.copyOf(standbys);
    }

    /** Returns the state when the database does not answer. */
    static ReplicationState unknown() {
        return new ReplicationState(Kind.UNKNOWN, List.of(), null);
    }

    /** Asks the database. */
    static ReplicationState of(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            var standbys = new ArrayList<String>();
            boolean maySee = true;
            boolean anySynchronous = false;
            @Nullable Lag synchronous = null;
            @Nullable Lag any = null;
            try (ResultSet rows = statement.executeQuery(STANDBYS)) {
                while (rows.next()) {
                    standbys.add(rows.getString(1));
                    maySee &= !rows.getBoolean(2);
                    anySynchronous |= rows.getBoolean(3);
                    @Nullable Long behind = rows.getObject(4, Long.class);
                    if (behind != null) {
                        var lag = new Lag(behind, rows.getDouble(5));
                        any = least(any, lag);
                        synchronous = rows.getBoolean(3) ? least(synchronous, lag) : synchronous;
                    }
                }
            }
            try (ResultSet row = statement.executeQuery(SETTINGS)) {
                row.next();
                boolean waits = row.getBoolean(1) && WAITS.contains(row.getString(2));
                return new ReplicationState(
                        kind(waits, !standbys.isEmpty(), maySee ? anySynchronous : !standbys.isEmpty()),
                        standbys,
                        synchronous == null ? any : synchronous);
            }
        }
    }

    private static Lag least(@Nullable Lag one, Lag other) {
        return one != null && one.bytes <= other.bytes ? one : other;
    }

    /**
     * Returns what a failover would keep.
     *
     * @param waits whether a commit waits for a standby
     * @param any whether a standby is connected
     * @param anySynchronous whether one is connected for which commits wait
     */
    static Kind kind(boolean waits, boolean any, boolean anySynchronous) {
        if (waits) {
            return anySynchronous ? Kind.SYNCHRONOUS : Kind.WAITING;
        }
        return any ? Kind.ASYNCHRONOUS : Kind.NONE;
    }

    /** Describes it in a sentence. */
    public String described() {
        return kind.sentence;
    }
}
