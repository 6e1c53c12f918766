package zap.server.cluster;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.info.BuildProperties;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import zap.server.database.CannotUseDatabaseException;
import zap.server.database.SchemaAgreement;

/** The table of nodes. All times in it are the database's. */
@Repository
class NodeTable {

    /** The statement sees the table as it was before: a node that has just joined does not see itself. */
    private static final String BEAT = """
            with beat as (
                insert into node (
                    id, name, schema_version, zap_version, serves_at, sessions, draining, link_host, link_port,
                    link_fingerprint)
                values (:id, :name, :schema, :zap, :servesAt, :sessions, :draining, :host, :port, :fingerprint)
                on conflict (id) do update
                set seen_at = now(), serves_at = excluded.serves_at, sessions = excluded.sessions,
                    draining = excluded.draining, link_host = excluded.link_host, link_port = excluded.link_port,
                    link_fingerprint = excluded.link_fingerprint),
            old as (delete from node where seen_at < now() - interval '1 day' and id <> :id)
            select id, name, zap_version, serves_at, coalesce(sessions, 0), coalesce(draining, false),
                extract(epoch from now() - started_at), extract(epoch from now() - seen_at),
                seen_at <= now() - :seconds * interval '1 second', link_host, link_port, link_fingerprint
            from node
            where id <> :id order by id
            """;

    private static final String LEAVE = "delete from node where id = :id";

    private final JdbcClient jdbc;

    private final SchemaAgreement schema;
    private final String version;

    NodeTable(JdbcClient jdbc, SchemaAgreement schema, ObjectProvider<BuildProperties> build) {
        this.jdbc = jdbc;
        this.schema = schema;
        this.version =
                build.stream().map(BuildProperties::getVersion).findFirst().orElse("");
    }

    /**
     * Notes that a node is alive, as {@link #beat} does, for a node that others do not know or count as gone.
     *
     * @throws CannotUseDatabaseException when the tables have been changed meanwhile, and this version does not work
     *     with them; nothing is noted
     */
    List<NodeState> join(Node node, NodeActivity activity, Duration goneAfter) {
        return schema.join(() -> beat(node, activity, goneAfter));
    }

    /**
     * Notes that a node is alive, and forgets those that have not been for a day.
     *
     * @param goneAfter time without a heartbeat after which a node counts as gone
     * @return the other nodes, those that count as gone included
     */
    List<NodeState> beat(Node node, NodeActivity activity, Duration goneAfter) {
        @Nullable LinkEnd link = node.link();
        return jdbc.sql(BEAT)
                .param("id", node.number())
                .param("name", node.name())
                .param("schema", schema.newestKnown())
                .param("zap", version)
                .param("servesAt", activity.servesAt())
                .param("sessions", activity.sessions())
                .param("draining", activity.draining())
                .param("host", link == null ? null : link.host(), Types.VARCHAR)
                .param("port", link == null ? null : link.port(), Types.INTEGER)
                .param("fingerprint", link == null ? null : link.fingerprint(), Types.VARCHAR)
                .param("seconds", goneAfter.toMillis() / 1000.0)
                .query((row, _) -> state(row))
                .list();
    }

    private static NodeState state(ResultSet row) throws SQLException {
        return new NodeState(
                new Node(row.getLong(1), row.getString(2), linkOf(row)),
                new NodeActivity(row.getString(3), row.getString(4), row.getInt(5), row.getBoolean(6)),
                seconds(row.getDouble(7)),
                seconds(row.getDouble(8)),
                row.getBoolean(9));
    }

    private static @Nullable LinkEnd linkOf(ResultSet row) throws SQLException {
        @Nullable String host = row.getString(10);
        @Nullable String fingerprint = row.getString(12);
        return host == null || fingerprint == null ? null : new LinkEnd(host, row.getInt(11), fingerprint);
    }

    private static Duration seconds(double seconds) {
        return Duration.ofMillis(Math.max(0, Math.round(seconds * 1000)));
    }

    /** Removes a node that stops. */
    void leave(long number) {
        jdbc.sql(LEAVE).param("id", number).update();
    }
}
