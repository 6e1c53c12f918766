package zap.shell.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameEncoder;
import zap.protocol.HistoryDigest;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.shell.store.HistoryEvents;
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.NumberedFrames;
import zap.shell.store.Profile;
import zap.shell.store.ProfileDatabase;

/** Tests that a profile from before digests goes on without a message lost, doubled or wrongly marked. */
class UpgradeTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final ClientId ANA = ClientId.parse("1000000000002");

    private static final Frame.Send UNACCEPTED =
            new Frame.Send(ME, ANA.asAddress(), new PosixTime(1_700_000_003), Body.of("handed"));
    private static final Frame.Read MARK = new Frame.Read(ME, new PosixTime(9));

    @TempDir
    Path folder;

    private final Random random = new Random(1);
    private Profile profile;
    private ProfileDatabase database;
    private Messages messages;

    @BeforeEach
    void upgrade() throws Exception {
        profile = Profile.named("me", Map.of("ZAP_HOME", folder.toString()), folder);
        profile.make();
        String url = "jdbc:sqlite:" + profile.database();
        Flyway.configure()
                .dataSource(url, null, null)
                .locations("classpath:zap/shell/store")
                .target("2")
                .load()
                .migrate();
        try (Connection connection = DriverManager.getConnection(url)) {
            fill(connection);
        }
        database = ProfileDatabase.open(profile);
        messages = new Messages(database);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private static void fill(Connection store) throws SQLException {
        for (var setting : Map.of(
                        "id", ME.toString(),
                        "stream", "0000000000077",
                        "count-ordinal", "5",
                        "count-position", "7",
                        "count-session", "3",
                        "count-mark", "9")
                .entrySet()) {
            run(store, "insert into setting values (?, ?)", setting.getKey(), setting.getValue());
        }
        outgoing(store, 1, "delivered", 2, 4);
        outgoing(store, 2, "refused", 4, 5);
        outgoing(store, 3, "handed", 1, 6);
        outgoing(store, 4, "waiting", 0, null);
        outgoing(store, 5, "unsure", 3, 2);
        outgoing(store, 6, "of a base session", 2, 3);
        run(store, "update message set refusal = 6 where number = 2");
        run(store, "insert into receipt values (?, 1, 1700000001, 4, 1700000001000)", ANA.value());
        incoming(store, 7, "in one");
        incoming(store, 8, "in two");
        numbered(store, 1, UNACCEPTED, 1L);
        numbered(store, 2, UNACCEPTED, 2L);
        numbered(store, 3, MARK, null);
        numbered(store, 4, UNACCEPTED, 3L);
        numbered(store, 5, MARK, null);
    }

    private static void outgoing(Connection store, int number, String text, int state, Object clock)
            throws SQLException {
        run(
                store,
                "insert into message (number, chat, author, outgoing, sent_at, noted_ms, text, state, clock, session)"
                        + " values (?, ?, ?, 1, ?, 0, ?, ?, ?, 3)",
                number,
                ANA.value(),
                ME.value(),
                1_700_000_000L + number,
                text,
                state,
                clock);
    }

    private static void incoming(Connection store, int number, String text) throws SQLException {
        run(
                store,
                "insert into message (number, chat, author, outgoing, sent_at, noted_ms, text, state, session)"
                        + " values (?, ?, ?, 0, ?, 0, ?, 0, 3)",
                number,
                ANA.value(),
                ANA.value(),
                1_700_000_000L + number,
                text);
    }

    private static void numbered(Connection store, int ordinal, Frame frame, Object message) throws SQLException {
        run(
                store,
                "insert into numbered (ordinal, frame, message) values (?, ?, ?)",
                ordinal,
                new String(new FrameEncoder().encode(frame), StandardCharsets.UTF_8),
                message);
    }

    private static void run(Connection store, String sql, Object... values) throws SQLException {
        try (var statement = store.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            statement.executeUpdate();
        }
    }

    private Resumption resumption() {
        return new Resumption(database, ME, () -> Instant.ofEpochSecond(1_800_000_000), random, ClientListener.NOBODY);
    }

    private DeliveryState stateOf(long number) {
        return messages.find(number).orElseThrow().state();
    }

    private static Frame.Deliver inTwo() {
        return new Frame.Deliver(ANA, ME.asAddress(), new PosixTime(1_700_000_008), Body.of("in two"));
    }

    @Test
    void theServersDigestsAreTakenOverInSilenceAndEverythingGoesOn() {
        Resumption resumption = resumption();
        Frame.Resume claim = resumption.claim();
        assertThat(claim.stream()).hasToString("0000000000077");
        assertThat(claim.accepted()).isEqualTo(2);
        assertThat(claim.position()).isEqualTo(new Position(7));
        assertThat(claim.digest()).isEqualTo(HistoryDigest.EMPTY);
        // The server has not heard that the last entry is here.
        var resumed = new Frame.Resumed(3, HistoryDigest.EMPTY, new Position(7), new Position(6), HistoryDigest.EMPTY);
        assertThat(resumption.take(resumed)).isEqualTo(new Resumption.Outcome.Resumes(resumed));
        var session = new AssuredSession(
                database, ME, () -> Instant.ofEpochSecond(1_800_000_000), random, ClientListener.NOBODY, resumed);
        session.opened();
        List<Frame> due = session.due();
        assertThat(due.subList(0, 2)).containsExactly(UNACCEPTED, MARK);
        assertThat(due.getLast())
                .isInstanceOfSatisfying(
                        Frame.Message.class,
                        message -> assertThat(message.body().text()).isEqualTo("waiting"));
        assertThat(due).hasSize(4).contains(new Frame.Ping());
        var answer = new Frame.ReadReceipt(ME, MARK.upTo());
        session.came(List.of(inTwo(), answer, new Frame.Accepted(6, new Position(8)), new Frame.Ping()));
        assertThat(messages.allAfter(0)).extracting(Message::text).containsOnlyOnce("in two");
        assertThat(stateOf(3)).isEqualTo(DeliveryState.AT_SERVER);
        assertThat(stateOf(4)).isEqualTo(DeliveryState.AT_SERVER);
        assertThat(stateOf(5)).isEqualTo(DeliveryState.UNSURE);
        assertThat(messages.find(1).orElseThrow().delivered()).isOne();
        assertThat(messages.find(2).orElseThrow().state()).isEqualTo(DeliveryState.REFUSED);
        assertThat(messages.find(3).orElseThrow().delivered()).isZero();
        assertThat(new HistoryEvents(database).all()).isEmpty();

        Frame.Resume next = resumption().claim();
        assertThat(next.accepted()).isEqualTo(6);
        assertThat(next.position()).isEqualTo(new Position(8));
        assertThat(next.digest()).isEqualTo(HistoryDigest.EMPTY.after(inTwo()).after(answer));
        assertThat(new NumberedFrames(database).digestAt(5))
                .contains(HistoryDigest.EMPTY.after(UNACCEPTED).after(MARK));
    }

    @Test
    void aServerThatHasLostItsFramesGetsThemAgainAndNothingOfBaseSessions() {
        Resumption resumption = resumption();
        resumption.claim();
        var lost = new Frame.Resumed(0, HistoryDigest.EMPTY, new Position(0), new Position(7), HistoryDigest.EMPTY);
        assertThat(resumption.take(lost)).isEqualTo(new Resumption.Outcome.BeganStream());
        resumption.claim();
        assertThat(resumption.take(lost)).isEqualTo(new Resumption.Outcome.Resumes(lost));
        var session = new AssuredSession(
                database, ME, () -> Instant.ofEpochSecond(1_800_000_000), random, ClientListener.NOBODY, lost);
        session.opened();
        // It was first sent without an id, and is sent again without.
        assertThat(session.due()).contains(UNACCEPTED);
        assertThat(stateOf(1)).as("delivered").isEqualTo(DeliveryState.AT_SERVER);
        assertThat(stateOf(2)).isEqualTo(DeliveryState.REFUSED);
        assertThat(stateOf(5)).isEqualTo(DeliveryState.UNSURE);
        assertThat(stateOf(6)).isEqualTo(DeliveryState.AT_SERVER);
    }
}
