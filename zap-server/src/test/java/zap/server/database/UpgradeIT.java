package zap.server.database;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.delivered;
import static zap.server.testing.FrameText.groupCreated;
import static zap.server.testing.FrameText.readReceipt;
import static zap.server.testing.FrameText.send;

import java.security.KeyPair;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.GroupId;
import zap.protocol.HistoryDigest;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.StreamId;
import zap.server.testing.AssuredPeer;
import zap.server.testing.RunningServer;
import zap.server.testing.TestPostgres;
import zap.server.testing.WireClient;

/**
 * This server on the database of an earlier one, for every earlier version of the schema, with mail in it. Waiting mail
 * is delivered once and in order. Receipts that an earlier server held back come when they are true. Positions and
 * numbered frames go on where they were.
 */
@Execution(ExecutionMode.CONCURRENT)
class UpgradeIT {

    private static final String ANA = "1000000000011";
    private static final String BOB = "1000000000022";
    private static final String CLEO = "1000000000033";
    private static final String GROUP = "2000000000044";

    private static final ClientId ANAS_ID = new ClientId(Long.parseLong(ANA));
    private static final ClientId BOBS_ID = new ClientId(Long.parseLong(BOB));
    private static final ClientId CLEOS_ID = new ClientId(Long.parseLong(CLEO));
    private static final GroupId GROUPS_ID = new GroupId(Long.parseLong(GROUP));

    /** The number of Cleo's frames that the earlier server has accepted. */
    private static final int ACCEPTED = 5;

    private static final StreamId STREAM = new StreamId(7_770_000_000_007L);

    private static final Frame.Send NUMBER_SIX =
            new Frame.Send(CLEOS_ID, BOBS_ID.asAddress(), new PosixTime(600), Body.of("number six"));

    private final KeyPair cleosKey = AssuredPeer.newKey();
    private final TestPostgres.Database database = TestPostgres.newDatabase();

    /** Returns all versions but the newest: the first one is among them, and the one before the newest. */
    static List<String> earlierVersions() {
        List<MigrationVersion> all = Stream.of(migrations(TestPostgres.newDatabase(), MigrationVersion.LATEST)
                        .info()
                        .all())
                .map(MigrationInfo::getVersion)
                .toList();
        assertThat(all).hasSizeGreaterThan(1);
        return all.stream()
                .limit(all.size() - 1L)
                .map(MigrationVersion::getVersion)
                .toList();
    }

    private static Flyway migrations(TestPostgres.Database database, MigrationVersion target) {
        return Flyway.configure()
                .dataSource(database.url(), database.user(), database.password())
                .locations("classpath:db/migration")
                .target(target)
                .load();
    }

    @Test
    void whatANewerServerHasChangedIsNotTouchedUnlessSomebodySaysSo() throws SQLException {
        Flyway migrations = migrations(database, MigrationVersion.LATEST);
        migrations.migrate();
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("""
                    insert into flyway_schema_history
                        (installed_rank, version, description, type, script, installed_by, execution_time, success)
                    values (9999, '9999', 'newer', 'SQL', 'V9999__newer.sql', 'zap', 1, true)
                    """);
        }

        assertThatThrownBy(() -> RunningServer.startOn(database))
                .hasRootCauseInstanceOf(CannotUseDatabaseException.class)
                .rootCause()
                .hasMessageContaining("newer zap")
                .hasMessageContaining("V9999__newer.sql");
        try (RunningServer server = RunningServer.startOn(database, "zap.database.accept-newer=true");
                WireClient ana = server.connect("ana")) {
            ana.register();
        }
    }

    @ParameterizedTest
    @MethodSource("earlierVersions")
    void whatAnEarlierServerHasLeftIsGoneOnWith(String version) throws SQLException {
        migrations(database, MigrationVersion.fromVersion(version)).migrate();
        leaveMail();

        try (RunningServer server = RunningServer.startOn(database)) {
            assertThat(migrations(database, MigrationVersion.LATEST).info().pending())
                    .isEmpty();
            bobComes(server);
            awaitEverythingConfirmed(server, BOB);
            try (WireClient ana = anaComes(server)) {
                awaitEverythingConfirmed(server, ANA);
                cleoComes(server, ana);
                try (WireClient bob = server.connectAs("bob", BOB)) {
                    // First the receipts that Ana and Cleo have caused by connecting, and then Cleo's message.
                    List<String> receipts = heardBefore(bob, deliver(CLEO, BOB, 600, "number six"));
                    assertPromises(receipts, ANA, 310);
                    assertPromises(receipts, CLEO, 310);
                    assertThat(receipts).allMatch(frame -> frame.startsWith("07"));

                    // The group is as it was.
                    ana.send(send(ANA, GROUP, 700, "all of you"));
                    bob.expectFrame(deliver(ANA, GROUP, 700, "all of you"));
                }
            }
            cleoComesOnceMore(server);
            assertNoPositionIsMissing();
        }
    }

    /** Connects Bob: entries 3 to 8 wait for him. */
    private static void bobComes(RunningServer server) {
        try (WireClient bob = server.connectAs("bob", BOB)) {
            bob.expectFrame(groupCreated(GROUP, 90, ANA, BOB, CLEO));
            bob.expectFrame(deliver(ANA, BOB, 100, "her clock was put back"));
            bob.expectFrame(deliver(CLEO, GROUP, 110, "olá 🦜"));
            bob.expectFrame(deliver(ANA, GROUP, 101, ""));
            bob.expectFrame(readReceipt(ANA, 50));
            bob.expectFrame(delivered(CLEO, 60));

            // Nothing else waited, and nothing comes twice: the next frame is a new one.
            bob.send(send(BOB, BOB, 400, "is that all?"));
            bob.expectFrame(deliver(BOB, BOB, 400, "is that all?"));
            bob.expectFrame(delivered(BOB, 400));
        }
    }

    /**
     * Connects Ana: entries 2 and 3 wait for her, and the receipts for everything that Bob has by now, including the
     * one that was held back.
     */
    private static WireClient anaComes(RunningServer server) {
        WireClient ana = server.connectAs("ana", ANA);
        ana.expectFrame(deliver(BOB, ANA, 300, "oi"));
        ana.expectFrame(deliver(BOB, GROUP, 310, "to both"));
        ana.send(send(ANA, ANA, 500, "is that all?"));
        List<String> receipts = heardBefore(ana, deliver(ANA, ANA, 500, "is that all?"));
        assertPromises(receipts, BOB, 200);
        assertThat(receipts).allMatch(frame -> frame.startsWith("07" + BOB));
        ana.expectFrame(delivered(ANA, 500));
        return ana;
    }

    /**
     * Connects Cleo: entries 2 and 3 wait for her, and the receipt for her messages that Bob has. She goes on with her
     * sixth frame.
     */
    private void cleoComes(RunningServer server, WireClient ana) {
        try (AssuredPeer cleo = AssuredPeer.on(server.connect("cleo"))) {
            assertThat(cleo.resume(cleosKey, CLEOS_ID, STREAM, 0, 1, HistoryDigest.EMPTY))
                    .as("what was there before has no digests: they begin at what was received and accepted")
                    .isEqualTo(new Frame.Resumed(
                            ACCEPTED, HistoryDigest.EMPTY, new Position(0), new Position(1), HistoryDigest.EMPTY));
            assertThat(cleo.hear()).isEqualTo(mail(BOBS_ID, 310, "to both"));
            assertThat(cleo.hear()).isEqualTo(mail(ANAS_ID, 101, ""));
            assertThat(cleo.hear()).isEqualTo(new Frame.Delivered(BOBS_ID, new PosixTime(110)));

            cleo.send(new Frame.Received(new Position(4)));
            ana.expectFrame(delivered(CLEO, 101));
            cleo.send(NUMBER_SIX);
            assertThat(cleo.hear()).isEqualTo(new Frame.Accepted(ACCEPTED + 1, new Position(4)));
        }
    }

    private void cleoComesOnceMore(RunningServer server) {
        try (AssuredPeer cleo = AssuredPeer.on(server.connect("cleo"))) {
            HistoryDigest received = AssuredPeer.digestOf(
                    mail(BOBS_ID, 310, "to both"),
                    mail(ANAS_ID, 101, ""),
                    new Frame.Delivered(BOBS_ID, new PosixTime(110)));
            assertThat(cleo.resume(cleosKey, CLEOS_ID, STREAM, ACCEPTED + 1, 4, received))
                    .isEqualTo(new Frame.Resumed(
                            ACCEPTED + 1,
                            AssuredPeer.digestOf(NUMBER_SIX),
                            new Position(4),
                            new Position(4),
                            received));
            var heard = new ArrayList<Frame>(List.of(cleo.hear(), cleo.hear()));
            assertThat(heard)
                    .containsExactlyInAnyOrder(
                            mail(ANAS_ID, 700, "all of you"), new Frame.Delivered(BOBS_ID, new PosixTime(600)));
        }
    }

    private static Frame.Deliver mail(ClientId src, long sentAt, String text) {
        return new Frame.Deliver(src, GROUPS_ID.asAddress(), new PosixTime(sentAt), Body.of(text));
    }

    /** Returns all frames before this one. */
    private static List<String> heardBefore(WireClient client, String last) {
        var heard = new ArrayList<String>();
        for (String frame = client.readFrame(); !frame.equals(last); frame = client.readFrame()) {
            heard.add(frame);
        }
        return heard;
    }

    /**
     * Checks the receipts. Their number depends on the confirmations that were stored together; each covers more than
     * the one before, and the last covers everything.
     */
    private static void assertPromises(List<String> frames, String recipient, long upTo) {
        List<String> promises = frames.stream()
                .filter(frame -> frame.startsWith("07" + recipient))
                .toList();
        assertThat(promises).isSorted().doesNotHaveDuplicates().last().isEqualTo(delivered(recipient, upTo));
    }

    private static void awaitEverythingConfirmed(RunningServer server, String id) {
        RunningServer.await("all of the mail of " + id + " is confirmed, and its receipts are given out", () -> {
            try (Connection connection = server.database();
                    Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(
                            "select tail = given and tail = settled from client where id = " + id)) {
                return row.next() && row.getBoolean(1);
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private void assertNoPositionIsMissing() throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("""
                        select id, tail, forgotten, (select count(*) from mailbox where recipient = id),
                            (select min(position) from mailbox where recipient = id),
                            (select max(position) from mailbox where recipient = id)
                        from client
                        """)) {
            int clients = 0;
            while (rows.next()) {
                clients++;
                String client = rows.getString(1);
                long tail = rows.getLong(2);
                long forgotten = rows.getLong(3);
                assertThat(rows.getLong(4)).as("entries of " + client).isEqualTo(tail - forgotten);
                assertThat(rows.getLong(5)).as("the first of " + client).isEqualTo(forgotten + 1);
                assertThat(rows.getLong(6)).as("the last of " + client).isEqualTo(tail);
            }
            assertThat(clients).isEqualTo(3);
        }
    }

    /**
     * Stores three clients and their group, as a server of the first schema leaves them when it stops while no client
     * is connected. Later versions have only added to that schema. A version that changes these tables needs other rows
     * here before and after it.
     */
    private void leaveMail() throws SQLException {
        try (Connection connection = database.connect()) {
            client(connection, ANA, 3, 1, 1, 0);
            client(connection, BOB, 8, 2, 1, 1);
            client(connection, CLEO, 3, 1, 1, 0);
            try (PreparedStatement update = connection.prepareStatement(
                    "update client set public_key = ?, stream = ?, accepted = ? where id = ?")) {
                update.setBytes(1, AssuredPeer.bytesOf(cleosKey).bytes());
                update.setLong(2, STREAM.value());
                update.setLong(3, ACCEPTED);
                update.setLong(4, Long.parseLong(CLEO));
                update.executeUpdate();
            }
            group(connection, ANA, BOB, CLEO);

            String members = ANA + BOB + CLEO;
            entry(connection, ANA, 1, 11, "0", GROUP, 90, members);
            entry(connection, ANA, 2, 6, BOB, ANA, 300, "oi");
            entry(connection, ANA, 3, 6, BOB, GROUP, 310, "to both");

            // The first was forgotten. The second was delivered, and no receipt could report it, because the older
            // fourth waits.
            entry(connection, BOB, 2, 6, ANA, BOB, 200, "before");
            entry(connection, BOB, 3, 11, "0", GROUP, 90, members);
            entry(connection, BOB, 4, 6, ANA, BOB, 100, "her clock was put back");
            entry(connection, BOB, 5, 6, CLEO, GROUP, 110, "olá 🦜");
            entry(connection, BOB, 6, 6, ANA, GROUP, 101, "");
            entry(connection, BOB, 7, 9, "0", ANA, 50, null);
            entry(connection, BOB, 8, 7, "0", CLEO, 60, null);

            entry(connection, CLEO, 1, 11, "0", GROUP, 90, members);
            entry(connection, CLEO, 2, 6, BOB, GROUP, 310, "to both");
            entry(connection, CLEO, 3, 6, ANA, GROUP, 101, "");
        }
    }

    private static void client(Connection connection, String id, long tail, long given, long settled, long forgotten)
            throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("""
                insert into client (id, registered_at, tail, given, settled, forgotten)
                values (?, timestamptz '2026-01-01 00:00:00Z', ?, ?, ?, ?)
                """)) {
            insert.setLong(1, Long.parseLong(id));
            insert.setLong(2, tail);
            insert.setLong(3, given);
            insert.setLong(4, settled);
            insert.setLong(5, forgotten);
            insert.executeUpdate();
        }
    }

    private static void group(Connection connection, String... members) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(
                    "insert into chat_group (id, created_at) values (%s, timestamptz '2026-01-01 00:00:00Z')"
                            .formatted(GROUP));
            for (String member : members) {
                statement.executeUpdate("insert into group_member (group_id, slot, client_id) values (%s, %s, %s)"
                        .formatted(GROUP, Arrays.asList(members).indexOf(member), member));
            }
        }
    }

    private static void entry(
            Connection connection,
            String recipient,
            long position,
            int code,
            String src,
            String dst,
            long sentAt,
            String body)
            throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("""
                insert into mailbox (recipient, position, code, src, dst, sent_at, body) values (?, ?, ?, ?, ?, ?, ?)
                """)) {
            insert.setLong(1, Long.parseLong(recipient));
            insert.setLong(2, position);
            insert.setInt(3, code);
            insert.setLong(4, Long.parseLong(src));
            insert.setLong(5, Long.parseLong(dst));
            insert.setLong(6, sentAt);
            insert.setBytes(7, body == null ? null : body.getBytes(UTF_8));
            insert.executeUpdate();
        }
    }
}
