package zap.server.mailbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.PosixTime;

/**
 * The contract of the mailboxes on a Citus that was set up as docs/citus.md says. No build needs one: this runs only
 * with {@code -Dzap.citus.url=jdbc:postgresql://HOST:PORT/NAME?user=ROLE}.
 */
@EnabledIfSystemProperty(named = "zap.citus.url", matches = "jdbc:.+", disabledReason = "no Citus is named")
class CitusIT implements MailboxStatementsContract {

    private static final HikariDataSource SOURCE = new HikariDataSource();

    private static long lastClient =
            1_000_000_000_000L + ThreadLocalRandom.current().nextLong(900_000_000_000L);

    private final JdbcTemplate jdbc = new JdbcTemplate(SOURCE);
    private final PlatformTransactionManager transactions = new JdbcTransactionManager(SOURCE);
    private final MailboxRepository mailbox = new Store(jdbc);
    private final Generations generations = new Generations(jdbc, transactions);

    /** The statements without Spring Data, which adds nothing to them. */
    private static final class Store extends MailboxStatementsJdbc implements MailboxRepository {
        Store(JdbcTemplate jdbc) {
            super(jdbc);
        }
    }

    @BeforeAll
    static void connect() {
        SOURCE.setJdbcUrl(System.getProperty("zap.citus.url"));
    }

    @AfterAll
    static void close() {
        SOURCE.close();
    }

    @Override
    public MailboxRepository store() {
        return mailbox;
    }

    @Override
    public PlatformTransactionManager transactions() {
        return transactions;
    }

    @Override
    public long newClient() {
        jdbc.update("insert into client (id, registered_at) values (?, now())", ++lastClient);
        return lastClient;
    }

    @Override
    public void forgetClient(long client) {
        jdbc.update("delete from client where id = ?", client);
        jdbc.update("insert into forgotten_client (id) values (?)", client);
    }

    @Test
    void theTablesOfClientsAreDistributedTogether() {
        List<Map<String, Object>> distributed = jdbc.queryForList(
                "select distinct colocation_id from citus_tables where citus_table_type = 'distributed'");

        assertThat(distributed).hasSize(1);
        assertThat(new DatabaseEngine(jdbc).isCitus()).isTrue();
    }

    /** Citus commits what concerns one shard by itself, if nothing keeps it from that. */
    @Test
    void aBatchForOneClientIsStoredAsAWholeOrNotAtAll() {
        long ana = newClient();
        var late = new MailboxStatements.BatchName(mailbox.registerWriter(), 1, 0);
        assertThat(mailbox.fateOf(late, 2)).isEqualTo(MailboxStatements.Fate.ABORTED);
        Counters counters = mailbox.read(new long[] {ana}).getFirst();
        counters.tail = 1;
        var entries = List.of(new NewEntry(ana, new MailboxItem(1, frame(), MailboxItem.NOT_MEASURED)));

        assertThatThrownBy(() -> mailbox.store(entries, List.of(counters), late))
                .isInstanceOf(MailboxStatements.CountersChangedException.class);

        assertThat(mailbox.read(new long[] {ana}).getFirst().tail).isZero();
        assertThat(mailbox.page(ana, 0, 10)).isEmpty();
    }

    @Test
    void whatWaitsStaysThroughTheGenerationsAndWhatWasDeliveredGoes() {
        var clients = new ArrayList<Long>();
        long writer = mailbox.registerWriter();
        for (int i = 0; i < 20; i++) {
            long client = newClient();
            clients.add(client);
            Counters counters = mailbox.read(new long[] {client}).getFirst();
            var entries = new ArrayList<NewEntry>();
            for (int position = 1; position <= 5; position++) {
                entries.add(new NewEntry(client, new MailboxItem(position, frame(), MailboxItem.NOT_MEASURED)));
            }
            counters.tail = 5;
            counters.given = 3;
            counters.settled = 3;
            mailbox.store(
                    entries, new ArrayList<>(List.of(counters)), new MailboxStatements.BatchName(writer, i + 1, i));
        }

        for (int i = 0; i < 4; i++) {
            round();
        }

        assertThat(clients)
                .allSatisfy(client -> assertThat(mailbox.page(client, 0, 10))
                        .extracting(MailboxItem::position)
                        .containsExactly(4L, 5L));
    }

    /**
     * Leaves a prepared insert on a worker, as a batch does whose worker failed before it committed its part: its
     * generation must not be emptied, because nobody sees the entry yet.
     */
    @Test
    void noGenerationIsEmptiedWhileAWorkerHasNotCommittedItsPart() throws SQLException {
        long ana = newClient();
        Map<String, Object> shard = jdbc.queryForMap("""
                select nodename || ':' || nodeport as worker, shard_name from citus_shards
                where shardid = get_shard_id_for_distribution_column('mailbox_young_1', ?)
                """, ana);
        String onItsWorker =
                System.getProperty("zap.citus.url").replaceFirst("//[^/]+/", "//" + shard.get("worker") + "/");
        String name = "late_" + ana;
        try (Connection worker = DriverManager.getConnection(onItsWorker);
                Statement statement = worker.createStatement()) {
            statement.execute("begin");
            statement.execute(
                    "insert into " + shard.get("shard_name") + " values (" + ana + ", 1, 9, 0, 1, 1, null, 1)");
            statement.execute("prepare transaction '" + name + "'");
            try {
                assertThatThrownBy(generations::turn).isInstanceOf(CannotAcquireLockException.class);
            } finally {
                statement.execute("rollback prepared '" + name + "'");
            }
        }
        assertThat(generations.turn()).isNotNegative();
    }

    private static Frame.ForMailbox frame() {
        return new Frame.Deliver(new ClientId(1), new Address(2), new PosixTime(3), Body.of("oi"));
    }

    /** Does a round like {@link Forgetting}, but throws its failures. */
    private void round() {
        overAll(after -> generations.forget(after, 7));
        long turn = generations.turn();
        while (overAll(after -> generations.promote(turn, after, 7)) > 0) {
            // Until no entry waits there.
        }
        generations.change(turn);
    }

    private interface Portion {
        Generations.Done from(long after);
    }

    private static long overAll(Portion portion) {
        long entries = 0;
        var done = new Generations.Done(0, 0, 0);
        do {
            done = portion.from(done.lastClient());
            entries += done.entries();
        } while (done.clients() > 0);
        return entries;
    }
}
