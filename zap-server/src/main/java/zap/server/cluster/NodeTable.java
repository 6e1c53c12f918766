package zap.server.cluster;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** The table of nodes. All times in it are the database's. */
@Repository
class NodeTable {

    /** The statement sees the table as it was before: a node that has just joined does not see itself. */
    private static final String BEAT = """
            with beat as (
                insert into node (id, name, version, serves_at, sessions, draining)
                values (:id, :name, :version, :servesAt, :sessions, :draining)
                on conflict (id) do update
                set seen_at = now(), version = excluded.version, serves_at = excluded.serves_at,
                    sessions = excluded.sessions, draining = excluded.draining),
            old as (delete from node where seen_at < now() - interval '1 day' and id <> :id)
            select id, name, version, serves_at, coalesce(sessions, 0), coalesce(draining, false),
                extract(epoch from now() - started_at), extract(epoch from now() - seen_at),
                seen_at <= now() - :seconds * interval '1 second'
            from node
            where id <> :id order by id
            """;

    private static final String LEAVE = "delete from node where id = :id";

    private final JdbcClient jdbc;

    NodeTable(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * Notes that a node is alive, and forgets those that have not been for a day.
     *
     * @param goneAfter time without a heartbeat after which a node counts as gone
     * @return the other nodes, those that count as gone included
     */
    List<NodeState> beat(Node node, NodeActivity activity, Duration goneAfter) {
        return jdbc.sql(BEAT)
                .param("id", node.number())
                .param("name", node.name())
                .param("version", activity.version())
                .param("servesAt", activity.servesAt())
                .param("sessions", activity.sessions())
                .param("draining", activity.draining())
                .param("seconds", goneAfter.toMillis() / 1000.0)
                .query((row, _) -> state(row))
                .list();
    }

    private static NodeState state(ResultSet row) throws SQLException {
        return new NodeState(
                new Node(row.getLong(1), row.getString(2)),
                new NodeActivity(row.getString(3), row.getString(4), row.getInt(5), row.getBoolean(6)),
                seconds(row.getDouble(7)),
                seconds(row.getDouble(8)),
                row.getBoolean(9));
    }

    private static Duration seconds(double seconds) {
        return Duration.ofMillis(Math.max(0, Math.round(seconds * 1000)));
    }

    /** Removes a node that stops. */
    void leave(long number) {
        jdbc.sql(LEAVE).param("id", number).update();
    }
}
