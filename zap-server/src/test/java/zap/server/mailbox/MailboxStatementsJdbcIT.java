package zap.server.mailbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.test.context.TestPropertySource;
import org.springframework.transaction.PlatformTransactionManager;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.PosixTime;
import zap.server.testing.RunningServer;
import zap.server.testing.TestedServer;
import zap.server.testing.ZapServerTest;

@ZapServerTest
@TestPropertySource(properties = "zap.mailbox.forget-every=1h") // the tests call the rounds themselves
class MailboxStatementsJdbcIT implements MailboxStatementsContract {

    private static final AtomicLong CLIENTS = new AtomicLong(1_500_000_000_000L);

    @Autowired
    private TestedServer server;

    @Autowired
    private MailboxRepository mailbox;

    @Autowired
    private PlatformTransactionManager transactions;

    @Autowired
    private JdbcOperations jdbc;

    @Autowired
    private Forgetting forgetting;

    @Override
    public MailboxRepository store() {
        return mailbox;
    }

    @Override
    public PlatformTransactionManager transactions() {
        return transactions;
    }

    @Override
    public void forgetClient(long client) {
        jdbc.update("delete from client where id = ?", client);
        jdbc.update("insert into forgotten_client (id) values (?)", client);
    }

    @Override
    public long newClient() {
        long client = CLIENTS.incrementAndGet();
        jdbc.update("insert into client (id, registered_at) values (?, now())", client);
        return client;
    }

    /** Checks that a client that gets mail never waits for a deletion, however long it takes. */
    @Test
    void nobodyIsLockedOutWhileEntriesAreBeingDeleted() throws Exception {
        long ana = newClient();
        jdbc.update("insert into mailbox_old select ?, g, 9, 0, 1, 1, null from generate_series(1, 3) g", ana);
        jdbc.update("update client set tail = 3, given = 3, settled = 3 where id = ?", ana);
        try (Connection slow = server.database();
                Connection other = server.database()) {
            slow.setAutoCommit(false);
            execute(slow, "select from mailbox where recipient = " + ana + " for update");
            Thread round = Thread.ofVirtual().start(forgetting::run);
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
            assertThat(round.join(Duration.ofSeconds(20))).isTrue();
        }
        assertThat(jdbc.queryForObject("select count(*) from mailbox where recipient = ?", Long.class, ana))
                .isZero();
        assertThat(jdbc.queryForObject("select forgotten from client where id = ?", Long.class, ana))
                .isEqualTo(3);
    }

    @Test
    void aSharedBatchTellsHowLongItWaitedForRowsThatAnotherNodeHolds() throws Exception {
        long ana = newClient();
        Counters row = mailbox.read(new long[] {ana}).getFirst();
        row.tail++;
        var entry = new NewEntry(
                ana,
                new MailboxItem(
                        1, new Frame.ReadReceipt(new ClientId(ana), new PosixTime(1)), MailboxItem.NOT_MEASURED));
        var batch = new SharedBatch(
                new MailboxStatements.BatchName(mailbox.registerWriter(), 1, 0),
                List.of(row),
                List.of(entry),
                List.of(),
                List.of(),
                100);
        try (Connection holder = server.database()) {
            holder.setAutoCommit(false);
            execute(holder, "select from client where id = " + ana + " for no key update");
            var placed = new CompletableFuture<Placement>();
            Thread.ofVirtual().start(() -> placed.complete(mailbox.storeShared(batch)));
            RunningServer.await(
                    "the batch waits",
                    () -> jdbc.queryForObject(
                                    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%for no key update) as locked%'",
                                    Long.class)
                            > 0);
            long seen = System.nanoTime();
            Thread.sleep(20); // so that there is a time to tell
            long held = System.nanoTime() - seen;
            holder.rollback();

            assertThat(placed.get(20, TimeUnit.SECONDS).lockNanos()).isGreaterThanOrEqualTo(held);
        }
    }

    /**
     * Checks that a young generation stays for another round after its waiting entries were moved. For a dump that
     * began before, the moved entries would be in neither table otherwise.
     */
    @Test
    void aYoungGenerationIsNotEmptiedInTheRoundThatHasMovedWhatWaited() {
        long ana = newClient();
        jdbc.update("insert into mailbox select ?, 1, 9, 0, 1, 1, null, 1 + turns % 2 from mailbox_turn", ana);
        jdbc.update("update client set tail = 1 where id = ?", ana);
        long turns = turns();
        for (int round = 0; round < 3 && turns() == turns; round++) {
            forgetting.run();
        }
        assertThat(turns()).isEqualTo(turns + 1);

        forgetting.run();
        assertThat(jdbc.queryForObject("select count(*) from mailbox_old where recipient = ?", Long.class, ana))
                .isEqualTo(1);
        assertThat(turns()).isEqualTo(turns + 1);
        forgetting.run();
        assertThat(turns()).isEqualTo(turns + 2);
        assertThat(jdbc.queryForObject("select count(*) from mailbox where recipient = ?", Long.class, ana))
                .isEqualTo(1);
    }

    private long turns() {
        Long turns = jdbc.queryForObject("select turns from mailbox_turn", Long.class);
        return turns == null ? 0 : turns;
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
