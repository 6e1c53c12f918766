package zap.server.cluster;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import zap.server.database.LiveServers;

/** The nodes of a database whose tables may be those of an earlier version. */
@Component
class NodesBeforeMigration implements LiveServers {

    /** What a server knows that does not say it: the columns came with the next migration. */
    private static final int BEFORE_IT_WAS_SAID = 7;

    private static final String HAS_TABLE = "select to_regclass('node') is not null";

    /** Reads columns that may not be there yet. */
    private static final String ALIVE = """
            select id, name, seen_at, to_jsonb(node) ->> 'schema_version', to_jsonb(node) ->> 'zap_version' from node
            where seen_at > now() - ? * interval '1 second' order by id
            """;

    private final ClusterProperties properties;

    NodesBeforeMigration(ClusterProperties properties) {
        this.properties = properties;
    }

    @Override
    public List<LiveServer> on(Connection connection) throws SQLException {
        if (!hasTable(connection)) {
            return List.of();
        }
        try (PreparedStatement statement = connection.prepareStatement(ALIVE)) {
            statement.setDouble(1, properties.goneAfter().toMillis() / 1000.0);
            try (ResultSet rows = statement.executeQuery()) {
                var alive = new ArrayList<LiveServer>();
                while (rows.next()) {
                    alive.add(server(rows));
                }
                return alive;
            }
        }
    }

    private static boolean hasTable(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(HAS_TABLE)) {
            return row.next() && row.getBoolean(1);
        }
    }

    private static LiveServer server(ResultSet row) throws SQLException {
        @Nullable String known = row.getString(4);
        @Nullable String version = row.getString(5);
        int newestKnown = known == null ? BEFORE_IT_WAS_SAID : Integer.parseInt(known);
        long number = row.getLong(1);
        String name = "node %s (%s, zap %s, knows the tables up to V%s)"
                .formatted(
                        number,
                        row.getString(2),
                        version == null || version.isEmpty() ? "of an earlier version" : version,
                        newestKnown);
        OffsetDateTime lastSeen = Objects.requireNonNull(row.getObject(3, OffsetDateTime.class));
        return new LiveServer(number, name, newestKnown, lastSeen.toInstant());
    }
}
