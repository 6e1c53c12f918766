package zap.server.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import zap.server.testing.RunningServer;
import zap.server.testing.TestedServer;
import zap.server.testing.WireClient;
import zap.server.testing.ZapServerTest;

@ZapServerTest
class LastUsesIT {

    @Autowired
    private TestedServer server;

    @Autowired
    private LastUses lastUses;

    @Test
    void aSessionIsNotedWhenItBeginsAndWhenItEnds() throws SQLException {
        String id;
        try (WireClient ana = server.connect("ana")) {
            id = ana.register();
            assertThat(daysUnused(id)).isZero();

            forgetUses(id);
            assertThat(daysUnused(id)).isEqualTo(40);
            lastUses.store();
            assertThat(daysUnused(id)).isZero();
            forgetUses(id);
        }
        RunningServer.await("it is gone", () -> server.isOffline(id));
        lastUses.store();
        assertThat(daysUnused(id)).isZero();
    }

    private void forgetUses(String id) throws SQLException {
        try (Connection connection = server.database();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("update client set last_used = current_date - 40 where id = " + id);
        }
    }

    /** Returns the days since the last use. The server's day may differ from the database's. */
    private long daysUnused(String id) throws SQLException {
        try (Connection connection = server.database();
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("select current_date - last_used from client where id = " + id)) {
            row.next();
            return row.getLong(1);
        }
    }
}
