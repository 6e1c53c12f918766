package zap.server.mailbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.transaction.PlatformTransactionManager;
import zap.server.testing.RunningServer;

class MailboxStatementsJdbcIT implements MailboxStatementsContract {

    private static final AtomicLong CLIENTS = new AtomicLong(1_500_000_000_000L);

    private static RunningServer server;

    @BeforeAll
    static void start() {
        server = RunningServer.startNew("zap.mailbox.forget-every=1h"); // the tests call the rounds themselves
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Override
    public MailboxRepository store() {
        return server.bean(MailboxRepository.class);
    }

    @Override
    public PlatformTransactionManager transactions() {
        return server.bean(PlatformTransactionManager.class);
    }

    @Override
    public void forgetClient(long client) {
        JdbcOperations jdbc = server.bean(JdbcOperations.class);
        jdbc.update("delete from client where id = ?", client);
        jdbc.update("insert into forgotten_client (id) values (?)", client);
    }

    @Override
    public long newClient() {
        long client = CLIENTS.incrementAndGet();
        server.bean(JdbcOperations.class).update("insert into client (id, registered_at) values (?, now())", client);
        return client;
    }

    /** Checks that a client that gets mail never waits for a deletion, however long it takes. */
    @Test
    void nobodyIsLockedOutWhileEntriesAreBeingDeleted() throws Exception {
        long ana = newClient();
        JdbcOperations jdbc = server.bean(JdbcOperations.class);
        jdbc.update("insert into mailbox_old select ?, g, 9, 0, 1, 1, null from generate_series(1, 3) g", ana);
        jdbc.update("update client set tail = 3, given = 3, settled = 3 where id = ?", ana);
        try (Connection slow = server.database();
                Connection other = server.database()) {
            slow.setAutoCommit(false);
            execute(slow, "select from mailbox where recipient = " + ana + " for update");
            Thread forgetting = Thread.ofVirtual().start(server.bean(Forgetting.class)::run);
            RunningServer.await(
                    "the deletion waits",
                    () -> jdbc.queryForObject(
                                    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like 'delete from mailbox%'",
                                    Long.class)
                            > 0);

            other.setAutoCommit(false);
            execute(other, "select from client where id = " + ana + " for no key update nowait");
            other.rollback();

            slow.rollback();
            assertThat(forgetting.join(Duration.ofSeconds(20))).isTrue();
        }
        assertThat(jdbc.queryForObject("select count(*) from mailbox where recipient = ?", Long.class, ana))
                .isZero();
        assertThat(jdbc.queryForObject("select forgotten from client where id = ?", Long.class, ana))
                .isEqualTo(3);
    }

    /**
     * Checks that a young generation stays for another round after its waiting entries were moved. For a dump that
     * began before, the moved entries would be in neither table otherwise.
     */
    @Test
    void aYoungGenerationIsNotEmptiedInTheRoundThatHasMovedWhatWaited() {
        Forgetting forgetting = server.bean(Forgetting.class);
        JdbcOperations jdbc = server.bean(JdbcOperations.class);
        long ana = newClient();
        jdbc.update("insert into mailbox select ?, 1, 9, 0, 1, 1, null, 1 + turns % 2 from mailbox_turn", ana);
        jdbc.update("update client set tail = 1 where id = ?", ana);
        long turns = turns(jdbc);
        for (int round = 0; round < 3 && turns(jdbc) == turns; round++) {
            forgetting.run();
        }
        assertThat(turns(jdbc)).isEqualTo(turns + 1);

        forgetting.run();
        assertThat(jdbc.queryForObject("select count(*) from mailbox_old where recipient = ?", Long.class, ana))
                .isEqualTo(1);
        assertThat(turns(jdbc)).isEqualTo(turns + 1);
        forgetting.run();
        assertThat(turns(jdbc)).isEqualTo(turns + 2);
        assertThat(jdbc.queryForObject("select count(*) from mailbox where recipient = ?", Long.class, ana))
                .isEqualTo(1);
    }

    private static long turns(JdbcOperations jdbc) {
        Long turns = jdbc.queryForObject("select turns from mailbox_turn", Long.class);
        return turns == null ? 0 : turns;
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
