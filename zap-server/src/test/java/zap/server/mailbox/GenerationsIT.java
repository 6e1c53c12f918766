package zap.server.mailbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.PosixTime;
import zap.server.testing.BesideOthers;
import zap.server.testing.TestPostgres;

/** Generations on a real PostgreSQL: delivered entries go with their generation, waiting ones never do. */
@BesideOthers
class GenerationsIT {

    private static final TestPostgres.Database DATABASE = TestPostgres.newDatabase();
    private static final int MANY = 1000;

    private static long lastClient = 1_500_000_000_000L;

    private static final HikariDataSource SOURCE = new HikariDataSource();

    private final JdbcTemplate jdbc = new JdbcTemplate(SOURCE);
    private final MailboxStatements mailbox = new MailboxStatementsJdbc(jdbc);
    private final Generations generations = new Generations(jdbc, new JdbcTransactionManager(SOURCE));
    private long writer;
    private long batches;

    @BeforeAll
    static void makeTables() {
        Flyway.configure()
                .dataSource(DATABASE.url(), DATABASE.user(), DATABASE.password())
                .locations("classpath:db/migration")
                .load()
                .migrate();
        SOURCE.setJdbcUrl(DATABASE.url());
        SOURCE.setUsername(DATABASE.user());
        SOURCE.setPassword(DATABASE.password());
    }

    @AfterAll
    static void close() {
        SOURCE.close();
    }

    @Test
    void whatWasDeliveredGoesWithItsGenerationAtTheEndOfTheNextRound() {
        long ana = newClient();
        append(ana, 3);
        settle(ana, 3);

        round();
        assertThat(positions(ana)).containsExactly(1L, 2L, 3L);
        round();
        assertThat(positions(ana)).isEmpty();
    }

    /** The names and fields of the event are those that the load generator reads ({@code ServerRecording}). */
    @Test
    void aRecordingThatAsksForItHasEachRound(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("rounds.jfr");
        var noDeletedClients = new InMemoryMailbox();
        var forgetting = new Forgetting(generations, new OrphanedMail(noDeletedClients, noDeletedClients));
        long ana = newClient();
        append(ana, 3);
        round();
        try (var recording = new Recording()) {
            recording.enable("zap.ForgettingRound");
            recording.start();
            forgetting.run();
            forgetting.run();
            recording.dump(file);
        }
        List<RecordedEvent> rounds = RecordingFile.readAllEvents(file);
        assertThat(rounds)
                .extracting(round -> round.getBoolean("generationChanged"))
                .containsExactly(false, true);
        assertThat(rounds).extracting(round -> round.getLong("moved")).containsExactly(3L, 0L);
        assertThat(rounds).extracting(round -> round.getLong("deleted")).allMatch(deleted -> deleted >= 0);
    }

    @Test
    void whatWaitsStaysInItsOrderHoweverManyRoundsItWaits() {
        long ana = newClient();
        append(ana, 3);
        settle(ana, 1);
        for (int i = 0; i < 5; i++) {
            round();
            append(ana, 2);
        }

        assertThat(positions(ana)).containsExactly(2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L, 12L, 13L);
        assertThat(mailbox.page(ana, 5, 4)).extracting(MailboxItem::position).containsExactly(6L, 7L, 8L, 9L);
        assertThat(mailbox.page(ana, 1, 1)).containsExactly(new MailboxItem(2, frame(2), MailboxItem.NOT_MEASURED));
    }

    @Test
    void whatHasWaitedForLongIsDeletedWhenItHasBeenDelivered() {
        long ana = newClient();
        append(ana, 4);
        round();
        round();
        assertThat(inOld(ana)).isEqualTo(4);

        settle(ana, 3);
        round();
        assertThat(positions(ana)).containsExactly(4L);
        settle(ana, 4);
        round();
        assertThat(positions(ana)).isEmpty();
    }

    @Test
    void nothingIsDeletedTwiceAndNothingLeftWhenWhatCameEarlierIsInAnotherGeneration() {
        long ana = newClient();
        append(ana, 2);
        round();
        round();
        append(ana, 2);
        settle(ana, 4); // two in the old generation, two in a young one
        round();
        assertThat(positions(ana)).containsExactly(3L, 4L);
        round();
        assertThat(positions(ana)).isEmpty();
    }

    /** Stores more than fits into a portion: each portion goes on where the one before ended. */
    @Test
    void portionsAreBoundedAndComeToAnEnd() {
        long ana = newClient();
        long bob = newClient();
        append(ana, 7);
        append(bob, 3);
        changeOnce();
        long turn = generations.turn();

        assertThat(generations.promote(turn, ana - 1, 2)).isEqualTo(new Generations.Done(ana - 1, 1, 2));
        assertThat(generations.promote(turn, ana - 1, 3)).isEqualTo(new Generations.Done(ana - 1, 1, 3));
        assertThat(generations.promote(turn, ana - 1, 3)).isEqualTo(new Generations.Done(bob - 1, 2, 3));
        assertThat(generations.promote(turn, bob - 1, 3)).isEqualTo(new Generations.Done(bob, 1, 2));
        assertThat(generations.promote(turn, bob, 3)).isEqualTo(new Generations.Done(bob, 0, 0));
        assertThat(inOld(ana)).isEqualTo(7);
        assertThat(inOld(bob)).isEqualTo(3);

        settle(ana, 7);
        settle(bob, 3);
        assertThat(generations.forget(ana - 1, 4)).isEqualTo(new Generations.Done(ana - 1, 1, 4));
        assertThat(generations.forget(ana - 1, 4)).isEqualTo(new Generations.Done(bob - 1, 2, 4));
        assertThat(generations.forget(bob - 1, 4)).isEqualTo(new Generations.Done(bob, 1, 2));
        assertThat(generations.forget(bob, 4)).isEqualTo(new Generations.Done(bob, 0, 0));
        assertThat(positions(ana)).isEmpty();
        assertThat(positions(bob)).isEmpty();
    }

    /** Lets two nodes change the generations: one does it, and the other finds that it is too late. */
    @Test
    void whoComesTooLateChangesNothing() {
        long turn = generations.turn();
        changeOnce();
        long ana = newClient();
        append(ana, 2);
        changeOnce(); // now Ana's two are where the next change deletes

        assertThat(generations.change(turn)).isFalse();
        assertThat(generations.change(turn + 1)).isFalse();
        assertThat(generations.promote(turn, 0, MANY)).isEqualTo(new Generations.Done(0, 0, 0));
        assertThat(positions(ana)).containsExactly(1L, 2L);
    }

    /**
     * Checks that a transaction that began to add entries before the change may take its time: the table is not
     * truncated meanwhile.
     */
    @Test
    void nothingIsEmptiedWhileSomebodyMayStillAddToIt() throws SQLException {
        long ana = newClient();
        try (Connection slow = DATABASE.connect();
                Statement statement = slow.createStatement()) {
            slow.setAutoCommit(false);
            statement.execute(
                    "insert into mailbox select " + ana + ", 1, 9, 0, 1, 1, null, 1 + turns % 2 from mailbox_turn");
            changeOnce();
            assertThatThrownBy(generations::turn).isInstanceOf(CannotAcquireLockException.class);
            statement.execute("update client set tail = 1 where id = " + ana);
            slow.commit();
        }
        round();
        round();

        assertThat(positions(ana)).containsExactly(1L);
    }

    /**
     * Lets a transaction read the whole table for hours, as a backup does: no other reader queues behind a round that
     * waits for it.
     */
    @Test
    void whoReadsTheWholeTableKeepsNobodyElseFromReading() throws SQLException {
        long ana = newClient();
        append(ana, 1);
        settle(ana, 1);
        try (Connection backup = DATABASE.connect();
                Statement statement = backup.createStatement()) {
            backup.setAutoCommit(false);
            statement.execute("select count(*) from mailbox");
            long turn = generations.turn();

            assertThatThrownBy(() -> generations.change(turn)).isInstanceOf(CannotAcquireLockException.class);

            assertThat(positions(ana)).containsExactly(1L);
            append(ana, 1);
            assertThat(positions(ana)).containsExactly(1L, 2L);
        }
    }

    /** Adds and delivers mail all the time, while rounds follow each other without a pause. */
    @Test
    void nothingThatWaitsIsLostWhileEverythingHappensAtOnce() throws InterruptedException {
        var random = new SplittableRandom(5);
        long[] clients = LongStream.range(0, 20).map(_ -> newClient()).toArray();
        var stopped = new AtomicBoolean();
        Thread tidying = Thread.ofPlatform().start(() -> {
            while (!stopped.get()) {
                round();
            }
        });
        long turnsBefore = turns();
        Map<Long, Long> settled = new HashMap<>();
        int rounds = 0;
        while (rounds < 300 || turns() < turnsBefore + 10) {
            assertThat(tidying.isAlive()).isTrue();
            rounds++;
            for (long client : clients) {
                append(client, random.nextInt(3));
                if (random.nextInt(4) == 0) {
                    long upTo = random.nextLong(settled.getOrDefault(client, 0L), tail(client) + 1);
                    settle(client, upTo);
                    settled.put(client, upTo);
                }
            }
        }
        stopped.set(true);
        tidying.join();

        for (long client : clients) {
            long from = settled.getOrDefault(client, 0L);
            assertThat(mailbox.page(client, from, Integer.MAX_VALUE))
                    .extracting(MailboxItem::position)
                    .containsExactlyElementsOf(LongStream.rangeClosed(from + 1, tail(client))
                            .boxed()
                            .toList());
        }
        round();
        round();
        for (long client : clients) {
            assertThat(positions(client)).hasSize((int) (tail(client) - settled.getOrDefault(client, 0L)));
        }
    }

    /** Does a round like {@link Forgetting}, but throws its failures. */
    private void round() {
        while (true) {
            try {
                overAll(after -> generations.forget(after, 3));
                long turn = generations.turn();
                while (overAll(after -> generations.promote(turn, after, 3)) > 0) {
                    // Until no entry waits there.
                }
                generations.change(turn);
                return;
            } catch (CannotAcquireLockException e) {
                // Another transaction was using the table.
            }
        }
    }

    /** Changes the generations without a pass over waiting entries, for tests that have none there. */
    private void changeOnce() {
        jdbc.update("update mailbox_turn set turns = turns + 1");
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

    private long newClient() {
        jdbc.update("insert into client (id, registered_at) values (?, now())", ++lastClient);
        return lastClient;
    }

    private void append(long client, int count) {
        Counters counters = mailbox.read(new long[] {client}).getFirst();
        var newEntries = new ArrayList<NewEntry>();
        for (int i = 0; i < count; i++) {
            counters.tail++;
            newEntries.add(new NewEntry(
                    client, new MailboxItem(counters.tail, frame(counters.tail), MailboxItem.NOT_MEASURED)));
        }
        store(newEntries, counters);
    }

    private void settle(long client, long upTo) {
        Counters counters = mailbox.read(new long[] {client}).getFirst();
        counters.given = upTo;
        counters.settled = upTo;
        store(List.of(), counters);
    }

    private void store(List<NewEntry> newEntries, Counters counters) {
        if (batches == 0) {
            writer = mailbox.registerWriter();
        }
        mailbox.store(newEntries, List.of(counters), new MailboxStatements.BatchName(writer, ++batches, 0));
    }

    private static Frame.ForMailbox frame(long position) {
        return new Frame.Deliver(new ClientId(1), new Address(2), new PosixTime(position), Body.of("oi " + position));
    }

    private long turns() {
        Long turns = jdbc.queryForObject("select turns from mailbox_turn", Long.class);
        return turns == null ? 0 : turns;
    }

    private long tail(long client) {
        return mailbox.read(new long[] {client}).getFirst().tail;
    }

    private List<Long> positions(long client) {
        return mailbox.page(client, 0, MANY).stream().map(MailboxItem::position).toList();
    }

    private long inOld(long client) {
        Long count = jdbc.queryForObject("select count(*) from mailbox_old where recipient = ?", Long.class, client);
        return count == null ? 0 : count;
    }
}
