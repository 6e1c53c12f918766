package zap.server.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** Tests of the classes that the other tests use. */
@ZapServerTest
class HarnessIT {

    @Autowired
    private TestedServer server;

    @Test
    void theDatabaseIsAsDurableAsThatOfARealServer() throws SQLException {
        assertThat(show("fsync")).isEqualTo("on");
        assertThat(show("synchronous_commit")).isEqualTo("on");
        assertThat(show("server_version")).startsWith("18.");
    }

    private String show(String setting) throws SQLException {
        try (Connection connection = server.database();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("show " + setting)) {
            rows.next();
            return rows.getString(1);
        }
    }

    @Test
    void aPeerThatHearsSomethingElseSaysSo() {
        try (WireClient ana = server.connect("ana")) {
            String id = ana.register();
            ana.send(FrameText.send(id, id, 1, "one"));
            assertThatThrownBy(() -> ana.expectFrame(FrameText.deliver(id, id, 1, "two")))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("0000000001two")
                    .hasMessageContaining("0000000001one");
        }
    }

    @Test
    void aPeerThatHearsNothingSaysSo() {
        try (WireClient ana = server.connect("ana")) {
            assertThatThrownBy(() -> ana.patience(Duration.ofMillis(50)).read(2))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("waited too long");
        }
    }

    @Test
    void aPeerThatIsNotClosedSaysSo() {
        try (WireClient ana = server.connect("ana")) {
            ana.register();
            assertThatThrownBy(() -> ana.patience(Duration.ofMillis(50)).expectClosed())
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("was not closed");
        }
    }
}
