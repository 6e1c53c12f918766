package zap.shell.store;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HexFormat;
import org.flywaydb.core.Flyway;
import zap.protocol.ClientId;
import zap.protocol.GroupId;
import zap.protocol.PosixTime;
import zap.shell.identity.IdentityKey;

/**
 * A profile as version 7 of the schema left it, with something in every table: mail, groups, marks, receipts, and
 * frames of a stream.
 *
 * <p>It is written in plain SQL, because the code of that version is gone.
 */
final class OldProfile {

    static final int SCHEMA = 7;
    static final ClientId ME = ClientId.parse("1000000000001");
    static final ClientId ANA = ClientId.parse("1000000000002");
    static final GroupId TRIP = GroupId.parse("2000000000001");
    static final PosixTime BEGIN = new PosixTime(1_700_000_000);

    /** The last mark that was set, and the last one that was answered. */
    static final long LAST_MARK = 9;

    static final long SEEN_MARK = 6;

    private OldProfile() {}

    /** Creates the file of the profile. */
    static void write(Path file, IdentityKey key) throws SQLException {
        String url = "jdbc:sqlite:" + file;
        Flyway.configure()
                .dataSource(url, null, null)
                .locations("classpath:zap/shell/store")
                .target(Integer.toString(SCHEMA))
                .load()
                .migrate();
        try (Connection store = DriverManager.getConnection(url)) {
            settings(store, key);
            people(store);
            messages(store);
            receipts(store);
            stream(store);
        }
    }

    private static void settings(Connection store, IdentityKey key) throws SQLException {
        setting(store, "id", ME.toString());
        setting(store, "key", HexFormat.of().formatHex(key.pkcs8()));
        setting(store, "public-key", key.publicKey().toString());
        setting(store, "server", "chat.example.org:7777");
        setting(store, "count-mark", Long.toString(LAST_MARK));
        setting(store, "count-mark-seen", Long.toString(SEEN_MARK));
        setting(store, "count-session", "3");
    }

    private static void people(Connection store) throws SQLException {
        run(store, "insert into person (id, name, folded) values (?, 'ana', 'ana')", ANA.value());
        run(
                store,
                "insert into chat_group (id, name, folded, created_at) values (?, 'trip', 'trip', ?)",
                TRIP.value(),
                BEGIN.seconds());
        run(store, "insert into group_member (chat, place, person) values (?, 0, ?)", TRIP.value(), ME.value());
        run(store, "insert into group_member (chat, place, person) values (?, 1, ?)", TRIP.value(), ANA.value());
        run(
                store,
                "insert into wanted_group (name, members, sent_at, state, clock) values ('waits', ?, ?, 0, null)",
                ANA.toString(),
                BEGIN.seconds());
        run(
                store,
                "insert into wanted_group (name, members, sent_at, state, clock) values ('handed', ?, ?, 1, 8)",
                ANA.toString(),
                BEGIN.seconds());
        run(
                store,
                "insert into wanted_group (name, members, sent_at, state, refusal) values ('refused', ?, ?, 4, 6)",
                ANA.toString(),
                BEGIN.seconds());
    }

    private static void messages(Connection store) throws SQLException {
        outgoing(store, 1, ANA.value(), "at the server", 2, 4L);
        outgoing(store, 2, ANA.value(), "handed", 1, 8L);
        outgoing(store, 3, ANA.value(), "unsure", 3, 2L);
        outgoing(store, 4, ANA.value(), "refused", 4, 3L);
        outgoing(store, 5, TRIP.value(), "waiting", 0, null);
        incoming(store, 6, ANA.value(), "seen", 1);
        incoming(store, 7, TRIP.value(), "not seen", 0);
    }

    private static void receipts(Connection store) throws SQLException {
        run(
                store,
                "insert into receipt (person, kind, up_to, clock, noted_ms) values (?, 1, ?, 4, 1700000009000)",
                ANA.value(),
                BEGIN.seconds() + 1);
        run(
                store,
                "insert into receipt (person, kind, up_to, clock, noted_ms) values (?, 2, ?, 4, 1700000010000)",
                ANA.value(),
                BEGIN.seconds() + 1);
        run(
                store,
                "insert into read_mark (person, up_to, told, told_clock) values (?, ?, ?, 7)",
                ANA.value(),
                BEGIN.seconds() + 6,
                BEGIN.seconds() + 6);
    }

    private static void stream(Connection store) throws SQLException {
        setting(store, "stream", "0000000000077");
        setting(store, "count-ordinal", "2");
        run(store, "insert into numbered (ordinal, frame, message) values (1, '', 2)");
        run(store, "insert into numbered (ordinal, frame, wanted_group) values (2, '', 2)");
    }

    private static void setting(Connection store, String name, String value) throws SQLException {
        run(store, "insert into setting (name, value) values (?, ?)", name, value);
    }

    private static void outgoing(Connection store, int number, long chat, String text, int state, Object clock)
            throws SQLException {
        run(
                store,
                "insert into message (number, chat, author, outgoing, sent_at, noted_ms, text, state, clock, session)"
                        + " values (?, ?, ?, 1, ?, 0, ?, ?, ?, 3)",
                number,
                chat,
                ME.value(),
                BEGIN.seconds() + number,
                text,
                state,
                clock);
    }

    private static void incoming(Connection store, int number, long chat, String text, int seen) throws SQLException {
        run(
                store,
                "insert into message (number, chat, author, outgoing, sent_at, noted_ms, text, state, session)"
                        + " values (?, ?, ?, 0, ?, 0, ?, ?, 3)",
                number,
                chat,
                ANA.value(),
                BEGIN.seconds() + number,
                text,
                seen);
    }

    private static void run(Connection store, String sql, Object... values) throws SQLException {
        try (var statement = store.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            statement.executeUpdate();
        }
    }
}
