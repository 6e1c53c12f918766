package zap.server.cluster;

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
                insert into node (id, name) values (:id, :name)
                on conflict (id) do update set seen_at = now()),
            old as (delete from node where seen_at < now() - interval '1 day' and id <> :id)
            select id, name from node
            where id <> :id and seen_at > now() - :seconds * interval '1 second' order by id
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
     * @return the other nodes that are alive
     */
    List<Node> beat(long number, String name, Duration goneAfter) {
        return jdbc.sql(BEAT)
                .param("id", number)
                .param("name", name)
                .param("seconds", goneAfter.toMillis() / 1000.0)
                .query((row, _) -> new Node(row.getLong(1), row.getString(2)))
                .list();
    }

    /** Removes a node that stops. */
    void leave(long number) {
        jdbc.sql(LEAVE).param("id", number).update();
    }
}
