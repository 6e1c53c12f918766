package zap.shell.store;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import zap.protocol.Address;
import zap.protocol.HistoryDigest;
import zap.protocol.MessageId;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.protocol.StreamId;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.Messages.Progress;
import zap.shell.store.Repeats.Arrival;

/**
 * A profile with a history of years. {@code -Dzap.large.messages=100000} sets its size, and the test prints how long
 * things take. {@code -Dzap.large.home=FOLDER} keeps the profile, which {@code ZAP_HOME=FOLDER ./zap shell --profile
 * large} opens.
 */
class LargeHistoryTest {

    private static final int MESSAGES = Integer.getInteger("zap.large.messages", 3_000);
    private static final int TIMES = 5;

    @Test
    void whatIsLookedUpInALongHistoryIsRight(@TempDir Path temp) throws Exception {
        String home = System.getProperty("zap.large.home");
        Profile profile = LargeProfile.named(home == null ? temp : Path.of(home));
        LargeProfile.fill(profile, MESSAGES, 1);
        try (ProfileDatabase database = ProfileDatabase.open(profile)) {
            var messages = new Messages(database);
            var search = new MessageSearch(database);
            var outgoing = new OutgoingMessages(database);
            Address friend = LargeProfile.bestFriend().asAddress();
            Address group = LargeProfile.busiestGroup().asAddress();
            String word = messages.last(friend, 1).getFirst().text().split(" ", -1)[0];

            List<Message> ofFriend = timed("history, 20 of a person", () -> messages.last(friend, 20));
            List<Message> ofGroup = timed("history, 20 of a group", () -> messages.last(group, 20));
            List<Message> many = timed("history, 1,000 of a group", () -> messages.last(group, 1_000));
            List<Message> found = timed("search, a rare word", () -> search.find(word, null, 20));
            List<Message> often = timed("search, words with an a in front", () -> search.find("a", null, 20));
            List<Messages.Unread> unread = timed("unread, by chat", messages::unread);
            int count = timed("unread, how many", messages::unreadCount);
            timed("what waits in the outbox", () -> outgoing.waiting(50));

            assertThat(ofFriend).hasSize(20);
            assertThat(many).endsWith(ofGroup.toArray(Message[]::new));
            assertThat(found).isNotEmpty().allMatch(message -> message.text().contains(word));
            assertThat(often).hasSize(20);
            assertThat(unread.stream().mapToInt(Messages.Unread::count).sum())
                    .isEqualTo(count)
                    .isPositive();
            assertThat(ofFriend).anyMatch(message -> message.read() > 0);
            for (Message message : many) {
                if (message.outgoing()) {
                    // The same by another way: one by one, person by person.
                    List<Progress> progress = messages.progress(message.number());
                    assertThat(message.recipients()).isEqualTo(progress.size());
                    assertThat(message.delivered())
                            .isEqualTo(progress.stream()
                                    .filter(one -> one.delivered() != null)
                                    .count());
                    assertThat(message.read())
                            .isEqualTo(progress.stream()
                                    .filter(one -> one.read() != null)
                                    .count());
                }
            }
        }
    }

    /** A session in another window stores mail while the whole history is indexed. It must not wait for all of it. */
    @Test
    void aHistoryIsIndexedInParts(@TempDir Path temp) throws Exception {
        Profile profile = LargeProfile.named(temp);
        LargeProfile.fill(profile, MessageSearch.INDEXED_AT_ONCE + 500, 1);
        try (ProfileDatabase database = ProfileDatabase.open(profile)) {
            var messages = new Messages(database);
            var search = new MessageSearch(database);
            long all = messages.count();
            assertThat(all).isBetween(MessageSearch.INDEXED_AT_ONCE + 1L, 2L * MessageSearch.INDEXED_AT_ONCE);
            assertThat(search.indexSome()).isEqualTo(MessageSearch.INDEXED_AT_ONCE);
            // One that is not in the index yet can be deleted, and the newest is found though it was in no part before.
            Message last = messages.find(messages.newest()).orElseThrow();
            database.with(jdbc -> jdbc.sql("delete from message where number = ?")
                    .param(last.number() - 1)
                    .update());
            assertThat(search.find(last.text(), last.chat(), 10))
                    .extracting(Message::number)
                    .contains(last.number());
            assertThat(search.indexSome()).isZero();
        }
    }

    /** A restored server is rare and may take its time, but no longer than a connection. */
    @Test
    void aLossOfHistoryAndANewStreamGoThroughALongHistory(@TempDir Path temp) throws Exception {
        Profile profile = LargeProfile.named(temp);
        LargeProfile.fill(profile, MESSAGES, 1);
        try (ProfileDatabase database = ProfileDatabase.open(profile)) {
            database.with(jdbc -> jdbc.sql("update message set streamed = 2, at = mark where outgoing = 1")
                    .update());
            database.with(
                    jdbc -> jdbc.sql("update receipt set position = mark + 1").update());
            var messages = new Messages(database);
            var outgoing = new OutgoingMessages(database);
            List<Message> before =
                    messages.allAfter(0).stream().filter(Message::outgoing).toList();
            long undelivered = before.stream()
                    .filter(message -> message.delivered() < message.recipients())
                    .count();
            long start = System.nanoTime();
            new Receipts(database).dropBeyond(new Position(0));
            System.out.printf(Locale.ROOT, "%-35s %8.1f ms%n", "loss of history", (System.nanoTime() - start) / 1e6);
            start = System.nanoTime();
            int again = new NumberedFrames(database).restart(new StreamId(5));
            System.out.printf(Locale.ROOT, "%-35s %8.1f ms%n", "new stream", (System.nanoTime() - start) / 1e6);
            assertThat(again).isEqualTo((int) undelivered).isPositive();
            List<Message> after =
                    messages.allAfter(0).stream().filter(Message::outgoing).toList();
            assertThat(after)
                    .extracting(Message::delivered)
                    .isEqualTo(before.stream().map(Message::delivered).toList());
            assertThat(after)
                    .extracting(Message::read)
                    .isEqualTo(before.stream().map(Message::read).toList());
        }
    }

    /** Frequent statements must not slow down with the history: each finds its rows by an index. */
    @Test
    void nothingThatIsDoneAllTheTimeGoesThroughAllMessages(@TempDir Path temp) throws Exception {
        Profile profile = LargeProfile.named(temp);
        LargeProfile.fill(profile, MESSAGES / 10, 1);
        try (ProfileDatabase database = ProfileDatabase.open(profile);
                var statements = new Statements()) {
            var messages = new Messages(database);
            var search = new MessageSearch(database);
            var readMarks = new ReadMarks(database);
            var outgoing = new OutgoingMessages(database);
            var incoming = new IncomingMessages(database);
            Address friend = LargeProfile.bestFriend().asAddress();
            Address group = LargeProfile.busiestGroup().asAddress();
            Instant now = Instant.now();
            var second = new PosixTime(now.getEpochSecond());
            for (Address chat : List.of(friend, group)) {
                long number = outgoing.write(chat, LargeProfile.SELF, now, "text");
                outgoing.waiting(50);
                outgoing.waitingInNoStream(50);
                outgoing.handed(number, 7, 8, now);
                outgoing.open();
                outgoing.sessionOfMark(7);
                outgoing.settledUpTo(7, 8, now);
                outgoing.mark(number, DeliveryState.UNSURE);
                outgoing.proven(LargeProfile.bestFriend(), second, now);
                outgoing.accepted(number, new Position(1), now);
                outgoing.refused(number, Reason.UNKNOWN_CLIENT, now);
                outgoing.again(number, LargeProfile.SELF, now);
                messages.progress(number);
                messages.find(number);
                incoming.cameIn(9, chat, LargeProfile.bestFriend(), second, "text");
                long arrived = incoming.add(chat, LargeProfile.bestFriend(), second, "text", now, 9)
                        .number();
                var arrival = new Arrival(chat, LargeProfile.bestFriend(), second, new MessageId(5), "text");
                var repeats = new Repeats(database);
                repeats.isOwn(arrival);
                repeats.isHere(arrival);
                repeats.passOver(arrival, new Position(5));
                repeats.baseMailEndsAt(new Position(5));
                repeats.baseMailIsOver();
                new MailboxDigests(database).add(new Position(5), HistoryDigest.EMPTY);
                new Receipts(database).note(LargeProfile.bestFriend(), false, second, 8, new Position(5), now);
                messages.unseen(chat);
                messages.unread();
                messages.unreadCount();
                readMarks.seen(List.of(arrived), true);
                readMarks.due(now);
                messages.last(chat, 20);
                messages.after(chat, 0, 20);
                messages.newest();
                search.find("text", chat, 20);
                for (DeliveryState state : EnumSet.complementOf(EnumSet.of(DeliveryState.AT_SERVER))) {
                    messages.count(state);
                    messages.of(state);
                }
            }
            assertThat(statements.seen())
                    .hasSizeGreaterThan(30)
                    .allSatisfy(statement -> assertThat(plan(database, statement))
                            .noneMatch(step -> step.matches("SCAN (message|m|receipt|x)")));
        }
    }

    private static List<String> plan(ProfileDatabase database, String statement) throws SQLException {
        try (var explain = database.connection().prepareStatement("explain query plan " + statement);
                var steps = explain.executeQuery()) {
            var details = new ArrayList<String>();
            while (steps.next()) {
                details.add(steps.getString("detail"));
            }
            return details;
        }
    }

    /** Records all statements that are executed while it is open. */
    private static final class Statements implements AutoCloseable {

        private static final Pattern STATEMENT =
                Pattern.compile("Executing (?:prepared )?SQL (?:query|update|statement) \\[(.*)]", Pattern.DOTALL);

        private final Logger logger = (Logger) LoggerFactory.getLogger(JdbcTemplate.class);
        private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

        Statements() {
            lines.start();
            logger.setLevel(Level.DEBUG);
            logger.setAdditive(false);
            logger.addAppender(lines);
        }

        Set<String> seen() {
            return lines.list.stream()
                    .map(line -> STATEMENT.matcher(line.getFormattedMessage()))
                    .filter(Matcher::find)
                    .map(found -> found.group(1))
                    .collect(Collectors.toSet());
        }

        @Override
        public void close() {
            logger.detachAppender(lines);
            logger.setAdditive(true);
            logger.setLevel(null);
        }
    }

    private static <T> T timed(String what, Supplier<T> query) {
        T answer = query.get();
        long best = Long.MAX_VALUE;
        for (int i = 0; i < TIMES; i++) {
            long start = System.nanoTime();
            answer = query.get();
            best = Math.min(best, System.nanoTime() - start);
        }
        System.out.printf(Locale.ROOT, "%-35s %8.1f ms%n", what, best / 1e6);
        return answer;
    }
}
