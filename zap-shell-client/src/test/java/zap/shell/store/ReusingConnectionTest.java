package zap.shell.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a statement that was used before behaves like a new one. */
class ReusingConnectionTest {

    private static final String INSERT = "insert into one (number, text) values (?, ?)";
    private static final String NUMBERS = "select number from one where number >= ? order by number";

    @TempDir
    Path folder;

    private ReusingConnection connection;

    @BeforeEach
    void open() throws SQLException {
        connection = new ReusingConnection(ProfileDatabase.URL + folder.resolve("one.db"), new Properties());
        run("create table one (number integer primary key, text text)");
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
    }

    private void run(String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.executeUpdate();
        }
    }

    private void insert(long number) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(INSERT)) {
            statement.setLong(1, number);
            statement.setString(2, "text " + number);
            assertThat(statement.executeUpdate()).isOne();
        }
    }

    @Test
    void aClosedStatementIsUsedAgain() throws SQLException {
        PreparedStatement first = connection.prepareStatement(INSERT);
        first.close();
        try (PreparedStatement second = connection.prepareStatement(INSERT)) {
            assertThat(second).isSameAs(first);
            assertThat(second.isClosed()).isFalse();
        }
        insert(1);
        insert(2);
    }

    @Test
    void aStatementInUseIsNotHandedOutASecondTime() throws SQLException {
        insert(1);
        insert(2);
        try (PreparedStatement outer = connection.prepareStatement(NUMBERS)) {
            outer.setLong(1, 1);
            try (ResultSet rows = outer.executeQuery()) {
                assertThat(rows.next()).isTrue();
                try (PreparedStatement inner = connection.prepareStatement(NUMBERS)) {
                    assertThat(inner).isNotSameAs(outer);
                    inner.setLong(1, 2);
                    try (ResultSet others = inner.executeQuery()) {
                        assertThat(others.next()).isTrue();
                        assertThat(others.getLong(1)).isEqualTo(2);
                    }
                }
                assertThat(rows.getLong(1)).isEqualTo(1);
                assertThat(rows.next()).isTrue();
            }
        }
    }

    @Test
    void parametersOfTheLastUseAreGone() throws SQLException {
        insert(1);
        try (PreparedStatement statement = connection.prepareStatement(NUMBERS)) {
            statement.setLong(1, 1);
        }
        try (PreparedStatement statement = connection.prepareStatement(NUMBERS);
                ResultSet rows = statement.executeQuery()) {
            assertThat(rows.next()).as("compared with null").isFalse();
        }
    }

    @Test
    void aResultThatIsNotReadToItsEndHoldsNoLock() throws SQLException {
        insert(1);
        insert(2);
        PreparedStatement statement = connection.prepareStatement(NUMBERS);
        statement.setLong(1, 1);
        assertThat(statement.executeQuery().next()).isTrue();
        statement.close();
        run("drop table one");
    }

    @Test
    void aWriteThatIsDoneHoldsNoLock() throws SQLException {
        insert(1);
        run("vacuum");
    }

    @Test
    void aStatementThatHasFailedIsPreparedAnew() throws SQLException {
        insert(1);
        assertThatThrownBy(() -> insert(1)).isInstanceOf(SQLException.class);
        insert(2);
    }

    @Test
    void aStatementSeesTablesThatHaveChangedMeanwhile() throws SQLException {
        insert(1);
        run("alter table one add column more text");
        insert(2);
        run("drop table one");
        run("create table one (number integer primary key, text text, more text)");
        insert(1);
    }

    @Test
    void noMoreStatementsAreKeptThanTheLimit() throws SQLException {
        for (int i = 0; i < ReusingConnection.KEPT_STATEMENTS + 10; i++) {
            try (PreparedStatement statement = connection.prepareStatement("select " + i);
                    ResultSet rows = statement.executeQuery()) {
                assertThat(rows.getInt(1)).isEqualTo(i);
            }
        }
        assertThat(connection.keptStatements()).isEqualTo(ReusingConnection.KEPT_STATEMENTS);
    }
}
