package zap.shell.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import zap.protocol.ClientId;
import zap.protocol.GroupId;
import zap.protocol.PosixTime;
import zap.shell.store.OutgoingMessages.Due;
import zap.shell.store.People.Group;

/** Tests the dates of messages, with a right and a wrong clock. */
class MessageDatesTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final ClientId ANA = ClientId.parse("1000000000002");
    private static final GroupId TRIP = GroupId.parse("2000000000001");
    private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");
    private static final Instant FAR = Instant.parse("2099-06-01T00:00:00Z");

    @TempDir
    Path folder;

    private ProfileDatabase database;
    private Messages messages;
    private OutgoingMessages outgoing;

    @BeforeEach
    void open() {
        database = ProfileDatabase.open(folder.resolve("zap.db"));
        messages = new Messages(database);
        outgoing = new OutgoingMessages(database);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private long write(Instant now) {
        return outgoing.write(ANA.asAddress(), ME, now, "hi");
    }

    /** Returns how many seconds ahead of this moment a message is dated. */
    private long ahead(long number, Instant now) {
        return messages.find(number).orElseThrow().sentAt().seconds() - now.getEpochSecond();
    }

    @Test
    void messagesOfOneSecondAreDatedAtMostAMinuteAhead() {
        List<Long> ahead =
                IntStream.range(0, 70).mapToObj(n -> ahead(write(NOW), NOW)).toList();
        assertThat(ahead.subList(0, 61))
                .isEqualTo(LongStream.rangeClosed(0, 60).boxed().toList());
        assertThat(ahead.subList(61, 70)).isEqualTo(Collections.nCopies(9, 60L));
    }

    @Test
    void afterAClockThatWasAheadMessagesHaveTheClocksTime() {
        new People(database).add(new Group(TRIP, "trip", new PosixTime(1), List.of(ME, ANA)));
        write(FAR);
        assertThat(ahead(outgoing.write(TRIP.asAddress(), ME, NOW, "group"), NOW))
                .isZero();
        assertThat(ahead(write(NOW), NOW)).isOne();
        assertThat(ahead(write(NOW.plusSeconds(10)), NOW)).isEqualTo(10);
    }

    @Test
    void aDateAheadOfTheClockIsToldBeforeTheNextMessageAndNotAgain() {
        assertThat(outgoing.lastDateAhead(ANA.asAddress(), NOW)).isEmpty();
        write(FAR);
        assertThat(outgoing.lastDateAhead(ANA.asAddress(), NOW)).contains(PosixTime.of(FAR));
        assertThat(outgoing.lastDateAhead(ANA.asAddress(), FAR)).isEmpty();
        write(NOW);
        assertThat(outgoing.lastDateAhead(ANA.asAddress(), NOW)).isEmpty();
    }

    @Test
    void thePartsOfATextShareASecondWhereIdsTellThemApart() {
        List<String> parts = Collections.nCopies(600, "part");
        List<Long> numbers = outgoing.write(ANA.asAddress(), ME, NOW, parts, true);
        assertThat(numbers)
                .hasSize(600)
                .allSatisfy(number -> assertThat(ahead(number, NOW)).isZero());
        assertThat(outgoing.waiting(600)).extracting(Due::id).doesNotHaveDuplicates();
        assertThat(ahead(write(NOW), NOW)).isOne();
    }

    @Test
    void whereMessagesHaveNoIdsThePartsHaveSecondsOfTheirOwnWithinTheMinute() {
        List<Long> numbers = outgoing.write(ANA.asAddress(), ME, NOW, Collections.nCopies(100, "part"), false);
        assertThat(numbers.stream().map(number -> ahead(number, NOW)).distinct())
                .isEqualTo(LongStream.rangeClosed(0, 60).boxed().toList());
    }

    @Test
    void whatWaitsWithADateOfAClockThatWasAheadIsDatedAgain() {
        long far = write(FAR);
        long near = write(NOW);
        assertThat(outgoing.dateAgain(ME, NOW.plusSeconds(5))).isOne();
        assertThat(ahead(far, NOW)).isEqualTo(5);
        assertThat(ahead(near, NOW)).isZero();
        assertThat(outgoing.dateAgain(ME, NOW.plusSeconds(5))).isZero();
    }

    @Test
    void whatAStreamHasCarriedKeepsItsDate() {
        long far = write(FAR);
        outgoing.numbered(far, 1, 1, FAR);
        database.with(jdbc -> jdbc.sql("update message set state = 0 where number = ?")
                .param(far)
                .update());
        assertThat(outgoing.dateAgain(ME, NOW)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"2286-11-20T17:46:40Z", "+12026-11-28T12:00:00Z", "1969-12-31T23:59:59Z"})
    void atATimeThatNoMessageCanCarryNothingIsStored(Instant clock) {
        assertThatExceptionOfType(ClockException.class)
                .isThrownBy(() -> write(clock))
                .satisfies(e -> assertThat(e.shown()).isEqualTo(clock));
        assertThatExceptionOfType(ClockException.class)
                .isThrownBy(() -> outgoing.write(ANA.asAddress(), ME, clock, List.of("one", "two"), true));
        assertThat(messages.count()).isZero();
        assertThat(outgoing.dateAgain(ME, clock)).isZero();
    }

    @Test
    void inTheLastSecondThatAMessageCanCarryOneIsSent() {
        var last = Instant.parse("2286-11-20T17:46:39Z");
        assertThat(ahead(write(last), last)).isZero();
        assertThat(ahead(write(last), last)).isZero();
    }

    @Test
    void aStoreWithADateBeyondTenDigitsOpensAndItsMessageGoesOut() throws SQLException {
        Path file = folder.resolve("old.db");
        Flyway.configure()
                .dataSource("jdbc:sqlite:" + file, null, null)
                .locations("classpath:zap/shell/store")
                .target("3")
                .load()
                .migrate();
        try (Connection before = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = before.createStatement()) {
            statement.execute("insert into message (chat, author, outgoing, sent_at, noted_ms, text, state)"
                    + " values (1000000000002, 1000000000001, 1, 10000000000, 0, 'far', 0)");
        }
        try (ProfileDatabase old = ProfileDatabase.open(file)) {
            assertThat(new OutgoingMessages(old).dateAgain(ME, NOW)).isOne();
            assertThat(new OutgoingMessages(old).waiting(10))
                    .extracting(Due::sentAt)
                    .containsExactly(PosixTime.of(NOW));
        }
    }
}
