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
                insert into node (id, name, schema_version, zap_version, link_host, link_port, link_fingerprint)
                values (:id, :name, :schema, :zap, :host, :port, :fingerprint)
                on conflict (id) do update set seen_at = now(), link_host = excluded.link_host,
                    link_port = excluded.link_port, link_fingerprint = excluded.link_fingerprint),
            old as (delete from node where seen_at < now() - interval '1 day' and id <> :id)
            select id, name, link_host, link_port, link_fingerprint from node
            where id <> :id and seen_at > now() - :seconds * interval '1 second' order by id
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
    List<Node> join(long number, String name, Duration goneAfter, @Nullable LinkEnd link) {
        return schema.join(() -> beat(number, name, goneAfter, link));
    }

    /**
     * Notes that a node is alive, and forgets those that have not been for a day.
     *
     * @param goneAfter time without a heartbeat after which a node counts as gone
     * @param link where the node takes mail from others; null if it does not
     * @return the other nodes that are alive
     */
    List<Node> beat(long number, String name, Duration goneAfter, @Nullable LinkEnd link) {
        return jdbc.sql(BEAT)
                .param("id", number)
                .param("name", name)
                .param("schema", schema.newestKnown())
                .param("zap", version)
                .param("seconds", goneAfter.toMillis() / 1000.0)
                .param("host", link == null ? null : link.host(), Types.VARCHAR)
                .param("port", link == null ? null : link.port(), Types.INTEGER)
                .param("fingerprint", link == null ? null : link.fingerprint(), Types.VARCHAR)
                .query((row, _) -> new Node(row.getLong(1), row.getString(2), linkOf(row)))
                .list();
    }

    private static @Nullable LinkEnd linkOf(ResultSet row) throws SQLException {
        @Nullable String host = row.getString(3);
        @Nullable String fingerprint = row.getString(5);
        return host == null || fingerprint == null ? null : new LinkEnd(host, row.getInt(4), fingerprint);
    }

    /** Removes a node that stops. */
    void leave(long number) {
        jdbc.sql(LEAVE).param("id", number).update();
    }
}
