package zap.shell.store;

import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import zap.protocol.ClientId;
import zap.protocol.GroupId;
import zap.protocol.PosixTime;
import zap.shell.identity.IdentityKey;
import zap.shell.store.People.Group;

/**
 * A profile with a history of years: people, groups, many messages in both directions with their receipts, and some
 * that were not seen. A seed decides its content.
 */
final class LargeProfile {

    static final ClientId SELF = new ClientId(1_000_000_000_000L);
    private static final long FIRST_GROUP = 2_000_000_000_000L;
    private static final int PEOPLE = 200;
    private static final int GROUPS = 20;
    private static final int MEMBERS = 8;
    private static final int UNSEEN = 300;
    private static final int RECEIPT_EVERY = 4;
    private static final int WORDS = 8_000;
    private static final long SECONDS_BETWEEN = 600;
    private static final Instant END = Instant.parse("2026-10-01T12:00:00Z");

    private final RandomGenerator random;
    private final List<String> words;

    private LargeProfile(long seed) {
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        this.words = IntStream.range(0, WORDS).mapToObj(i -> word()).toList();
    }

    /** Creates the profile, which must not exist yet. */
    static void fill(Profile profile, int messages, long seed) throws SQLException {
        try (ProfileDatabase database = ProfileDatabase.open(profile)) {
            new LargeProfile(seed).fill(database, messages);
        }
    }

    static Profile named(Path home) {
        return Profile.named("large", Map.of("ZAP_HOME", home.toString()), home);
    }

    /** Returns the person with the longest chat. */
    static ClientId bestFriend() {
        return person(0);
    }

    static GroupId busiestGroup() {
        return group(0);
    }

    static ClientId person(int index) {
        return new ClientId(SELF.value() + 1 + index);
    }

    private static GroupId group(int index) {
        return new GroupId(FIRST_GROUP + index);
    }

    private void fill(ProfileDatabase database, int messages) throws SQLException {
        var people = new People(database);
        // No server listens there, so a session stays offline.
        new ProfileSettings(database)
                .identity(new ProfileSettings.Server("127.0.0.1", 1, false), SELF, Optional.of(IdentityKey.generate()));
        database.inTransaction(jdbc -> {
            for (int i = 0; i < PEOPLE; i++) {
                people.name(person(i), "person" + i);
            }
            for (int i = 0; i < GROUPS; i++) {
                var members = new ArrayList<>(List.of(SELF));
                for (int j = 1; j < MEMBERS; j++) {
                    members.add(person((i * MEMBERS + j) % PEOPLE));
                }
                people.add(new Group(group(i), "group" + i, new PosixTime(1), members));
            }
            return true;
        });
        database.connection().setAutoCommit(false);
        writeMessages(database, messages);
        database.connection().commit();
        database.connection().setAutoCommit(true);
    }

    private void writeMessages(ProfileDatabase database, int messages) throws SQLException {
        try (PreparedStatement message = database.connection().prepareStatement("""
                        insert into message (chat, author, outgoing, sent_at, noted_ms, text, state, mark, session, seen)
                        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""");
                PreparedStatement receipt = database.connection().prepareStatement("""
                        insert or ignore into receipt (person, kind, up_to, mark, noted_ms) values (?, ?, ?, ?, ?)""")) {
            for (int i = 0; i < messages; i++) {
                boolean inGroup = random.nextInt(5) == 0;
                int which = oftenSmall(inGroup ? GROUPS : PEOPLE);
                long chat = inGroup ? group(which).value() : person(which).value();
                ClientId friend =
                        inGroup ? person((which * MEMBERS + 1 + random.nextInt(MEMBERS - 1)) % PEOPLE) : person(which);
                boolean outgoing = random.nextInt(5) < 2;
                long sentAt = END.getEpochSecond() - (messages - i) * SECONDS_BETWEEN;
                boolean unseen = !outgoing && i > messages - UNSEEN;
                message.setLong(1, chat);
                message.setLong(2, outgoing ? SELF.value() : friend.value());
                message.setInt(3, outgoing ? 1 : 0);
                message.setLong(4, sentAt);
                message.setLong(5, sentAt * 1000);
                message.setString(6, text());
                message.setInt(7, 2);
                message.setLong(8, i);
                message.setLong(9, i / 50);
                message.setObject(10, outgoing ? null : unseen ? 0 : 1);
                message.addBatch();
                if (outgoing && i % RECEIPT_EVERY != 0) {
                    // From the recipient of it, or from one of them: both kinds, the second a while later.
                    for (int kind = 1; kind <= 2; kind++) {
                        receipt.setLong(1, friend.value());
                        receipt.setInt(2, kind);
                        receipt.setLong(3, sentAt);
                        receipt.setLong(4, i + kind);
                        receipt.setLong(5, (sentAt + 60L * kind) * 1000);
                        receipt.addBatch();
                    }
                }
                if (i % 1000 == 999) {
                    message.executeBatch();
                    receipt.executeBatch();
                }
            }
            message.executeBatch();
            receipt.executeBatch();
        }
    }

    /** Draws a number that is small more often than large, because users talk much with few friends. */
    private int oftenSmall(int bound) {
        double even = random.nextDouble();
        return (int) (bound * even * even * even);
    }

    private String text() {
        int length = 2 + random.nextInt(14);
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(i == 0 ? "" : " ").append(words.get(oftenSmall(WORDS)));
        }
        return text.toString();
    }

    private String word() {
        var letters = "aeiouáãéêíóõúçbcdfghjlmnpqrstvxz";
        return random.ints(2 + random.nextInt(8), 0, letters.length())
                .mapToObj(i -> letters.substring(i, i + 1))
                .reduce("", String::concat);
    }
}
