package zap.shell.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.shell.connection.Line;
import zap.shell.store.Database;
import zap.shell.store.Messages;
import zap.shell.store.Messages.Message;
import zap.shell.store.Messages.WantedGroup;
import zap.shell.store.Messages.Way;
import zap.shell.store.NumberedFrames;
import zap.shell.store.Profile;
import zap.shell.store.Settings;

class AssuredSessionTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final ClientId ANA = ClientId.parse("1000000000002");
    private static final PosixTime THEN = new PosixTime(1_700_000_000L);

    @TempDir
    Path folder;

    private Instant now = Instant.ofEpochSecond(1_800_000_000);
    private Profile profile;
    private Database database;
    private Messages messages;
    private Settings settings;
    private AssuredSession session;
    private final List<String> happened = new ArrayList<>();

    @BeforeEach
    void open() {
        profile = Profile.named("me", Map.of("ZAP_HOME", folder.toString()), folder);
        database = Database.open(profile);
        start();
        settings.self(ME);
    }

    private void start() {
        messages = new Messages(database);
        settings = new Settings(database);
    }

    @AfterEach
    void close() {
        database.close();
    }

    /** Everything that is not on the disk is gone. */
    private void crash() {
        database.close();
        database = Database.open(profile);
        start();
    }

    private void connect(long accepted, long position) {
        session = new AssuredSession(
                database,
                ME,
                () -> now,
                new Happenings() {
                    @Override
                    public void arrived(Message message) {
                        happened.add("arrived " + message.text());
                    }

                    @Override
                    public void caughtUp(Map<Address, Integer> arrived) {
                        happened.add("caught up "
                                + arrived.values().stream().mapToInt(n -> n).sum());
                    }

                    @Override
                    public void settled(int count) {
                        happened.add("settled " + count);
                    }

                    @Override
                    public void unsure(int count) {
                        happened.add("unsure " + count);
                    }

                    @Override
                    public void refused(Message message, Reason reason) {
                        happened.add("refused " + message.text() + " " + reason);
                    }

                    @Override
                    public void groupRefused(WantedGroup group, Reason reason) {
                        happened.add("no group " + group.name() + " " + reason);
                    }
                },
                new Frame.Resumed(accepted, new Position(position)));
        session.opened();
    }

    private long write(String text) {
        return messages.write(ANA.asAddress(), ME, now, text);
    }

    private Way wayOf(long number) {
        return messages.find(number).orElseThrow().way();
    }

    private static List<String> textsIn(List<Frame> frames) {
        return frames.stream()
                .filter(Frame.Send.class::isInstance)
                .map(f -> ((Frame.Send) f).body().text())
                .toList();
    }

    private static Frame.Read markIn(List<Frame> frames) {
        return frames.stream()
                .filter(Frame.Read.class::isInstance)
                .map(Frame.Read.class::cast)
                .filter(read -> read.src().equals(ME))
                .findFirst()
                .orElseThrow();
    }

    private static Frame from(ClientId author, String text) {
        return new Frame.Deliver(author, ME.asAddress(), THEN, Body.of(text));
    }

    private List<String> history() {
        return messages.last(ANA.asAddress(), 1000).stream().map(Message::text).toList();
    }

    @Test
    void theFirstFrameIsAMarkAndItsAnswerSaysThatAllWaitingMailIsHere() {
        connect(0, 0);
        Frame.Read mark = markIn(session.due());
        session.came(List.of(from(ANA, "one"), from(ANA, "two")));
        assertThat(session.isCaughtUp()).isFalse();
        session.came(List.of(new Frame.ReadReceipt(ME, mark.upTo()), from(ANA, "three")));
        assertThat(session.isCaughtUp()).isTrue();
        assertThat(happened).containsExactly("caught up 2", "arrived three");
    }

    @Test
    void whatComesIsConfirmedOnceItIsOnDisk() {
        connect(0, 40);
        session.due();
        session.came(List.of(from(ANA, "one"), from(ANA, "two")));
        assertThat(session.due()).containsExactly(new Frame.Received(new Position(42)));
        assertThat(session.due()).isEmpty();
        crash();
        assertThat(settings.position()).isEqualTo(new Position(42));
        assertThat(history()).containsExactly("one", "two");
    }

    @Test
    void mailThatIsHereAlreadyIsCountedAndNotTakenAgain() {
        connect(0, 0);
        session.due();
        session.came(List.of(from(ANA, "one"), from(ANA, "two")));
        crash();
        // The server has not heard of it, and begins at 0 again.
        connect(1, 0);
        session.due();
        session.came(List.of(from(ANA, "one"), from(ANA, "two"), from(ANA, "three")));
        assertThat(history()).containsExactly("one", "two", "three");
        assertThat(session.due()).containsExactly(new Frame.Received(new Position(3)));
    }

    @Test
    void twoMessagesThatAreTheSameAreTwo() {
        connect(0, 0);
        session.due();
        session.came(List.of(from(ANA, "ha"), from(ANA, "ha")));
        assertThat(history()).containsExactly("ha", "ha");
    }

    @Test
    void theTickFollowsAccepted() {
        connect(0, 0);
        session.due();
        long one = write("one");
        long two = write("two");
        assertThat(textsIn(session.due())).containsExactly("one", "two");
        session.came(List.of(new Frame.Accepted(1)));
        assertThat(wayOf(one)).isEqualTo(Way.HANDED);
        session.came(List.of(new Frame.Accepted(2)));
        assertThat(wayOf(one)).isEqualTo(Way.AT_SERVER);
        assertThat(wayOf(two)).isEqualTo(Way.HANDED);
        session.came(List.of(new Frame.Accepted(3)));
        assertThat(wayOf(two)).isEqualTo(Way.AT_SERVER);
        assertThat(happened).containsExactly("settled 1", "settled 1");
    }

    @Test
    void whatWasNotAcceptedIsSentAgainWithNothingBeforeIt() {
        connect(0, 0);
        session.due();
        write("one");
        write("two");
        write("three");
        session.due();
        crash();
        write("four");
        connect(2, 0); // the mark and "one"
        List<Frame> again = session.due();
        assertThat(textsIn(again)).containsExactly("two", "three", "four");
        assertThat(new NumberedFrames(database).last()).isEqualTo(1 + 3 + 1 + 1);
        assertThat(wayOf(1)).isEqualTo(Way.AT_SERVER);
    }

    @Test
    void aMarkThatIsSentAgainIsNotSetTwice() {
        connect(0, 0);
        Frame.Read mark = markIn(session.due());
        crash();
        connect(0, 0);
        assertThat(session.due()).containsExactly(mark);
        session.came(List.of(new Frame.ReadReceipt(ME, mark.upTo())));
        assertThat(session.isCaughtUp()).isTrue();
    }

    @Test
    void everyFrameIsOnDiskWithItsNumberBeforeItIsGivenAway() {
        connect(0, 0);
        session.due();
        write("one");
        messages.want("trip", List.of(ANA), PosixTime.of(now));
        List<Frame> due = session.due();
        crash();
        assertThat(new NumberedFrames(database).after(1)).isEqualTo(due);
        assertThat(wayOf(1)).isEqualTo(Way.HANDED);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRefusedMessageIsRefusedWhetherTheCountComesBeforeOrAfter(boolean countFirst) {
        connect(0, 0);
        session.due();
        long number = write("to nobody");
        session.due();
        Frame refused = new Frame.Refused(2, Reason.UNKNOWN_CLIENT);
        Frame accepted = new Frame.Accepted(2);
        session.came(countFirst ? List.of(accepted) : List.of(refused));
        session.came(countFirst ? List.of(refused) : List.of(accepted));
        Message message = messages.find(number).orElseThrow();
        assertThat(message.way()).isEqualTo(Way.REFUSED);
        assertThat(message.refusal()).isEqualTo(Reason.UNKNOWN_CLIENT);
        assertThat(message.delivered()).isZero();
        assertThat(happened).contains("refused to nobody UNKNOWN_CLIENT");
    }

    @Test
    void aRefusedMessageCanBeSentAgainAsANewOne() {
        connect(0, 0);
        session.due();
        long number = write("hi");
        session.due();
        session.came(List.of(new Frame.Refused(2, Reason.MAILBOX_FULL), new Frame.Accepted(2)));
        long again = messages.again(number, ME, now).orElseThrow();
        assertThat(textsIn(session.due())).containsExactly("hi");
        session.came(List.of(new Frame.Accepted(3)));
        assertThat(wayOf(again)).isEqualTo(Way.AT_SERVER);
        assertThat(messages.find(number)).isEmpty();
    }

    @Test
    void aRefusedGroupIsWantedNoMore() {
        connect(0, 0);
        session.due();
        long wanted = messages.want("trip", List.of(ANA), PosixTime.of(now));
        session.due();
        session.came(List.of(new Frame.Refused(2, Reason.BAD_GROUP), new Frame.Accepted(2)));
        assertThat(messages.wantedGroup(wanted)).isEmpty();
        assertThat(happened).contains("no group trip BAD_GROUP");
    }

    @Test
    void aRefusalOfTheSessionSaysWhyItEnds() {
        connect(0, 0);
        session.came(List.of(new Frame.Refused(0, Reason.REPLACED)));
        assertThat(session.farewell()).isEqualTo(Line.Trouble.REPLACED);
    }

    @Test
    void anAcceptedThatIsTooMuchChangesNothing() {
        connect(0, 0);
        session.due();
        long number = write("one");
        session.due();
        session.came(List.of(new Frame.Accepted(77)));
        assertThat(wayOf(number)).isEqualTo(Way.HANDED);
    }

    @Test
    void noMoreThanAWindowIsOnItsWay() {
        connect(0, 0);
        session.due();
        for (int i = 0; i < 400; i++) {
            write("m" + i);
        }
        int given = 0;
        for (int i = 0; i < 20; i++) {
            given += textsIn(session.due()).size();
        }
        assertThat(given).isBetween(AssuredSession.WINDOW - 1, AssuredSession.WINDOW + AssuredSession.BATCH);
        session.came(List.of(new Frame.Accepted(given + 1)));
        for (int i = 0; i < 20; i++) {
            given += textsIn(session.due()).size();
        }
        assertThat(given).isEqualTo(400);
    }

    @Test
    void aServerThatIsSilentIsAskedAndThenTakenForGone() {
        connect(0, 0);
        session.due();
        session.came(List.of(new Frame.Accepted(1)));
        now = now.plus(AssuredSession.ASK_SOON_AFTER).plusMillis(1);
        assertThat(session.due()).isEmpty();
        now = now.plus(AssuredSession.ASK_AFTER);
        assertThat(session.due()).containsExactly(new Frame.Ping());
        assertThat(session.due()).isEmpty();
        assertThat(session.isOverdue()).isFalse();
        session.came(List.of(new Frame.Ping()));
        now = now.plus(AssuredSession.ASK_AFTER).plusMillis(1);
        assertThat(session.due()).containsExactly(new Frame.Ping());
        now = now.plus(AssuredSession.ANSWER_WITHIN).plusMillis(1);
        assertThat(session.isOverdue()).isTrue();
    }

    @Test
    void whileItOwesUsSomethingItIsAskedSooner() {
        connect(0, 0);
        session.due();
        now = now.plus(AssuredSession.ASK_SOON_AFTER).plusMillis(1);
        assertThat(session.due()).containsExactly(new Frame.Ping());
    }

    @Test
    void aReadMarkIsGivenOnceAndSurvivesACrash() {
        connect(0, 0);
        session.due();
        session.came(List.of(from(ANA, "hi")));
        messages.seen(List.of(1L), true);
        assertThat(session.due()).contains(new Frame.Read(ANA, THEN));
        assertThat(session.due()).isEmpty();
        crash();
        connect(1, 1);
        assertThat(session.due()).contains(new Frame.Read(ANA, THEN));
        crash();
        connect(3, 1);
        assertThat(session.due()).doesNotContain(new Frame.Read(ANA, THEN));
    }

    @Test
    void whatABaseSessionLeftOpenIsJudgedWhenAllMailHasCome() {
        long number = write("before there was a key");
        messages.handed(number, settings.nextCount(Session.HANDED_OVER), 1, now);
        connect(0, 0);
        Frame.Read mark = markIn(session.due());
        assertThat(wayOf(number)).isEqualTo(Way.HANDED);
        session.came(List.of(new Frame.ReadReceipt(ME, mark.upTo())));
        assertThat(wayOf(number)).isEqualTo(Way.UNSURE);
        assertThat(happened).contains("unsure 1");
    }

    /**
     * A server that keeps its word, a link that breaks anywhere, and a client that is killed anywhere: whatever the order, each message comes
     * to the server once and in order, and each of its mails to the client once and in order.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void nothingIsLostOrDoubledWhereverItBreaks(long seed) {
        var random = new Random(seed);
        var stored = new ArrayList<String>(); // at the server: texts in the order of their acceptance
        long accepted = 0;
        var mailbox = new ArrayList<Frame>();
        int confirmed = 0;
        var written = new ArrayList<String>();
        var mailed = new ArrayList<String>();
        for (int round = 0; round < 15; round++) {
            connect(accepted, Math.max(confirmed, (int) settings.position().value()));
            int given = Math.max(confirmed, (int) settings.position().value());
            long ordinal = accepted;
            for (int step = 0; step < random.nextInt(12); step++) {
                if (random.nextBoolean()) {
                    String text = "w" + written.size();
                    written.add(text);
                    write(text);
                }
                if (random.nextBoolean()) {
                    String text = "m" + mailed.size();
                    mailed.add(text);
                    mailbox.add(from(ANA, text));
                }
                List<Frame> due = session.due();
                // The link takes only a part of it before it breaks, now and then.
                int reaches = random.nextInt(4) == 0 ? random.nextInt(due.size() + 1) : due.size();
                for (Frame frame : due.subList(0, reaches)) {
                    switch (frame) {
                        case Frame.Send send -> {
                            ordinal++;
                            if (ordinal > accepted) {
                                accepted = ordinal;
                                stored.add(send.body().text());
                            }
                        }
                        case Frame.Read read -> {
                            ordinal++;
                            if (ordinal > accepted) {
                                accepted = ordinal;
                                mailbox.add(new Frame.ReadReceipt(ME, read.upTo()));
                            }
                        }
                        case Frame.Received(Position upTo) -> confirmed = (int) upTo.value();
                        default -> {}
                    }
                }
                if (reaches < due.size()) {
                    break;
                }
                if (random.nextInt(3) > 0) {
                    int upTo = given + random.nextInt(mailbox.size() - given + 1);
                    var batch = new ArrayList<Frame>(mailbox.subList(given, upTo));
                    if (random.nextBoolean()) {
                        batch.add(new Frame.Accepted(accepted));
                    }
                    given = upTo;
                    if (!batch.isEmpty()) {
                        session.came(batch);
                    }
                }
            }
            session.closed();
            if (random.nextBoolean()) {
                crash();
            }
            now = now.plus(Duration.ofSeconds(1));
        }
        connect(accepted, settings.position().value());
        stored.addAll(textsIn(session.due()));
        session.came(mailbox.subList((int) settings.position().value(), mailbox.size()));
        for (int i = 0; i < 20; i++) {
            stored.addAll(textsIn(session.due()));
        }
        assertThat(stored).isEqualTo(written);
        assertThat(messages.after(ANA.asAddress(), 0, 10_000).stream()
                        .filter(message -> !message.outgoing())
                        .map(Message::text))
                .containsExactlyElementsOf(mailed);
    }
}
