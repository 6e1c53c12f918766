package zap.server.cluster;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** The table of requests to other nodes. */
@Repository
class RequestTable {

    /** A node that dies while it waits leaves its requests behind. */
    private static final String ASK = """
            with old as (delete from node_request where asked_at < now() - interval '1 hour')
            insert into node_request (node, client, action) values (:node, :client, :action) returning id
            """;

    private static final String ANSWERS =
            "select node, answer from node_request where id in (:ids) and answer is not null";

    private static final String WITHDRAW = "delete from node_request where id in (:ids)";

    private static final String DUE =
            "select id, client, action from node_request where node = :node and answer is null order by id";

    private static final String ANSWER = "update node_request set answer = :answer where id = :id";

    private final JdbcClient jdbc;

    RequestTable(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** A request as its node finds it. */
    record Due(long id, long client, String action) {}

    /** Returns the request's number. */
    long ask(long node, NodeRequest request) {
        return jdbc.sql(ASK)
                .param("node", node)
                .param("client", request.client().value())
                .param("action", request.action().name())
                .query(Long.class)
                .single();
    }

    /** Returns the answers that there are, by node. */
    Map<Long, String> answers(Collection<Long> ids) {
        return jdbc
                .sql(ANSWERS)
                .param("ids", ids)
                .query((row, _) -> Map.entry(row.getLong(1), row.getString(2)))
                .list()
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    void withdraw(Collection<Long> ids) {
        jdbc.sql(WITHDRAW).param("ids", ids).update();
    }

    /** Returns the requests to a node that it has not answered. */
    List<Due> due(long node) {
        return jdbc.sql(DUE)
                .param("node", node)
                .query((row, _) -> new Due(row.getLong(1), row.getLong(2), row.getString(3)))
                .list();
    }

    void answer(long id, String answer) {
        jdbc.sql(ANSWER).param("id", id).param("answer", answer).update();
    }
}
