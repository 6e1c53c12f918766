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
import zap.protocol.HistoryDigest;
import zap.protocol.MessageId;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.shell.connection.ServerConnection;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.MailboxDigests;
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.NumberedFrames;
import zap.shell.store.OutgoingMessages;
import zap.shell.store.PendingGroups;
import zap.shell.store.PendingGroups.PendingGroup;
import zap.shell.store.PendingGroups.RefusedGroup;
import zap.shell.store.Profile;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.ProfileSettings;
import zap.shell.store.ReadMarks;

class AssuredSessionTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final ClientId ANA = ClientId.parse("1000000000002");
    private static final PosixTime THEN = new PosixTime(1_700_000_000L);

    @TempDir
    Path folder;

    private Instant now = Instant.ofEpochSecond(1_800_000_000);
    private Profile profile;
    private ProfileDatabase database;
    private Messages messages;
    private ReadMarks readMarks;
    private PendingGroups pendingGroups;
    private OutgoingMessages outgoing;
    private ProfileSettings settings;
    private AssuredSession session;
    private final Random random = new Random(1);
    private final List<String> happened = new ArrayList<>();

    @BeforeEach
    void open() {
        profile = Profile.named("me", Map.of("ZAP_HOME", folder.toString()), folder);
        database = ProfileDatabase.open(profile);
        start();
        settings.self(ME);
    }

    private void start() {
        messages = new Messages(database);
        readMarks = new ReadMarks(database);
        pendingGroups = new PendingGroups(database);
        outgoing = new OutgoingMessages(database);
        settings = new ProfileSettings(database);
    }

    @AfterEach
    void close() {
        database.close();
    }

    /** Loses everything that is not on the disk. */
    private void crash() {
        database.close();
        database = ProfileDatabase.open(profile);
        start();
    }

    private void connect(long accepted, long position) {
        connect(accepted, position, position);
    }

    /** Connects to a server that has the client's history, as far as it goes. */
    private void connect(long accepted, long at, long position) {
        var its = new MailboxDigests(database).at(new Position(position)).orElse(new HistoryDigest(77));
        var stream = new NumberedFrames(database).digestAt(accepted).orElse(new HistoryDigest(78));
        Frame.Resumed resumed = new Frame.Resumed(accepted, stream, new Position(at), new Position(position), its);
        var watching = new ClientListener() {
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
            public void groupRefused(PendingGroup group, Reason reason) {
                happened.add("no group " + group.name() + " " + reason);
            }

            @Override
            public void history(HistoryEvent event) {
                happened.add(event.kind() + " " + event.number());
            }
        };
        var resumption = new Resumption(database, ME, () -> now, random, watching);
        resumption.claim();
        assertThat(resumption.take(resumed)).isEqualTo(new Resumption.Outcome.Resumes(resumed));
        session = new AssuredSession(database, ME, () -> now, random, watching, resumed);
        session.opened();
    }

    private long write(String text) {
        return outgoing.write(ANA.asAddress(), ME, now, text);
    }

    private DeliveryState wayOf(long number) {
        return messages.find(number).orElseThrow().state();
    }

    private static List<String> textsIn(List<Frame> frames) {
        return frames.stream()
                .filter(Frame.Message.class::isInstance)
                .map(f -> ((Frame.Message) f).body().text())
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

    private static Frame accepted(long upTo) {
        return new Frame.Accepted(upTo, new Position(0));
    }

    private static Frame from(ClientId author, String text) {
        return new Frame.Deliver(author, ME.asAddress(), THEN, Body.of(text));
    }

    private List<String> history() {
        return messages.last(ANA.asAddress(), 1000).stream().map(Message::text).toList();
    }

    @Test
    void theFirstFrameIsAPingAndItsAnswerSaysThatAllWaitingMailIsHere() {
        connect(0, 0);
        assertThat(session.due()).containsExactly(new Frame.Ping());
        session.came(List.of(from(ANA, "one"), from(ANA, "two")));
        assertThat(session.isCaughtUp()).isFalse();
        session.came(List.of(new Frame.Ping(), from(ANA, "three")));
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
    void mailThatIsHereAlreadyIsPassedOverWhenTheServerGoesOnBeforeIt() {
        connect(0, 0);
        session.due();
        session.came(List.of(from(ANA, "one"), from(ANA, "two")));
        crash();
        // The server has lost it, and begins at 0 again.
        connect(0, 0);
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
        session.came(List.of(accepted(0)));
        assertThat(wayOf(one)).isEqualTo(DeliveryState.HANDED);
        session.came(List.of(accepted(1)));
        assertThat(wayOf(one)).isEqualTo(DeliveryState.AT_SERVER);
        assertThat(wayOf(two)).isEqualTo(DeliveryState.HANDED);
        session.came(List.of(accepted(2)));
        assertThat(wayOf(two)).isEqualTo(DeliveryState.AT_SERVER);
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
        connect(1, 0); // "one"
        List<Frame> again = session.due();
        session.came(List.of(new Frame.Ping()));
        assertThat(textsIn(again)).containsExactly("two", "three", "four");
        assertThat(new NumberedFrames(database).last()).isEqualTo(4);
        assertThat(wayOf(1)).isEqualTo(DeliveryState.AT_SERVER);
    }

    @Test
    void everySessionAsksWhetherAllIsHereAndNothingOfThatIsNumbered() {
        connect(0, 0);
        session.due();
        crash();
        connect(0, 0);
        assertThat(session.due()).containsExactly(new Frame.Ping());
        session.came(List.of(new Frame.Ping()));
        assertThat(session.isCaughtUp()).isTrue();
        assertThat(new NumberedFrames(database).last()).isZero();
    }

    @Test
    void everyFrameIsOnDiskWithItsNumberBeforeItIsGivenAway() {
        connect(0, 0);
        session.due();
        write("one");
        pendingGroups.add("trip", List.of(ANA), PosixTime.of(now));
        List<Frame> due = session.due();
        crash();
        assertThat(new NumberedFrames(database).after(0)).isEqualTo(due);
        assertThat(wayOf(1)).isEqualTo(DeliveryState.HANDED);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRefusedMessageIsRefusedWhetherTheCountComesBeforeOrAfter(boolean countFirst) {
        connect(0, 0);
        session.due();
        long number = write("to nobody");
        session.due();
        Frame refused = new Frame.Refused(1, Reason.UNKNOWN_CLIENT);
        Frame accepted = accepted(1);
        session.came(countFirst ? List.of(accepted) : List.of(refused));
        session.came(countFirst ? List.of(refused) : List.of(accepted));
        Message message = messages.find(number).orElseThrow();
        assertThat(message.state()).isEqualTo(DeliveryState.REFUSED);
        assertThat(message.refusal()).isEqualTo(Reason.UNKNOWN_CLIENT);
        assertThat(message.delivered()).isZero();
        assertThat(happened).contains("refused to nobody UNKNOWN_CLIENT");
    }

    @Test
    void whatWasRefusedIsNeverShownAsStoredThoughTheCountComesFirstInTheNextSession() {
        connect(0, 0);
        session.due();
        long refused = write("to nobody");
        long good = write("hi");
        session.due();
        crash();
        connect(2, 0);
        assertThat(wayOf(refused)).isEqualTo(DeliveryState.HANDED);
        assertThat(new NumberedFrames(database).accepted()).isZero();
        session.came(List.of(new Frame.Refused(1, Reason.UNKNOWN_CLIENT)));
        assertThat(wayOf(good)).isEqualTo(DeliveryState.HANDED);
        // A session that is ended here has said nothing about the rest of them.
        session.came(List.of(new Frame.Refused(0, Reason.SHUTTING_DOWN)));
        assertThat(wayOf(good)).isEqualTo(DeliveryState.HANDED);
        crash();
        connect(2, 0);
        session.came(List.of(new Frame.Refused(1, Reason.UNKNOWN_CLIENT), new Frame.Ping()));
        assertThat(wayOf(refused)).isEqualTo(DeliveryState.REFUSED);
        assertThat(wayOf(good)).isEqualTo(DeliveryState.AT_SERVER);
    }

    @Test
    void aMessageWithAnIdIsStoredOnceHoweverOftenItComesAndCountsEveryTime() {
        connect(0, 0);
        session.due();
        var message = new Frame.Message(ANA, ME.asAddress(), THEN, new MessageId(5), Body.of("once"));
        var other = new Frame.Message(ANA, ME.asAddress(), THEN, new MessageId(6), Body.of("once"));
        session.came(List.of(message, message, other));
        assertThat(history()).containsExactly("once", "once");
        assertThat(session.due()).containsExactly(new Frame.Received(new Position(3)));
    }

    @Test
    void aReceiptCountsForWhatWasAcceptedBeforeItAlsoWhenTheCountComesLater() {
        connect(0, 0);
        session.due();
        long number = write("hi");
        session.due();
        PosixTime second = messages.find(number).orElseThrow().sentAt();
        session.came(List.of(new Frame.Delivered(ANA, second)));
        assertThat(messages.find(number).orElseThrow().delivered()).isZero();
        session.came(List.of(new Frame.Accepted(1, new Position(0))));
        assertThat(messages.find(number).orElseThrow().delivered()).isOne();
    }

    @Test
    void aReceiptOfABaseSessionCountsForAnAssuredMessageOnceAllWaitingMailHasCome() {
        connect(0, 0);
        session.due();
        long number = write("hi");
        session.due();
        session.came(List.of(new Frame.Accepted(1, new Position(4))));
        PosixTime second = messages.find(number).orElseThrow().sentAt();
        var base = new BaseSession(
                database, ME, new ProfileSettings.Server("localhost", 7777, false), () -> now, ClientListener.NOBODY);
        base.opened();
        Frame.Read mark = markIn(base.due());
        base.came(List.of(new Frame.Delivered(ANA, second)));
        assertThat(messages.find(number).orElseThrow().delivered()).isZero();
        base.came(List.of(new Frame.ReadReceipt(ME, mark.upTo()), new Frame.Delivered(ANA, second)));
        assertThat(messages.find(number).orElseThrow().delivered()).isOne();
        // It says nothing about what is accepted after it.
        long later = write("later");
        base.came(List.of(new Frame.Delivered(ANA, new PosixTime(second.seconds() + 100))));
        base.closed();
        connect(1, 0);
        session.due();
        session.came(List.of(new Frame.Accepted(2, new Position(9))));
        assertThat(wayOf(later)).isEqualTo(DeliveryState.AT_SERVER);
        assertThat(messages.find(later).orElseThrow().delivered()).isZero();
    }

    @Test
    void aRefusalOfWhatWasDeliveredIsIgnored() {
        connect(0, 0);
        session.due();
        long number = write("hi");
        session.due();
        PosixTime second = messages.find(number).orElseThrow().sentAt();
        session.came(List.of(accepted(1), new Frame.Delivered(ANA, second)));
        session.came(List.of(new Frame.Refused(1, Reason.MAILBOX_FULL)));
        assertThat(wayOf(number)).isEqualTo(DeliveryState.AT_SERVER);
    }

    @Test
    void aRefusedMessageCanBeSentAgainAsANewOne() {
        connect(0, 0);
        session.due();
        long number = write("hi");
        session.due();
        session.came(List.of(new Frame.Refused(1, Reason.MAILBOX_FULL), accepted(1)));
        long again = outgoing.again(number, ME, now).orElseThrow();
        assertThat(textsIn(session.due())).containsExactly("hi");
        session.came(List.of(accepted(2)));
        assertThat(wayOf(again)).isEqualTo(DeliveryState.AT_SERVER);
        assertThat(messages.find(number)).isEmpty();
    }

    @Test
    void aRefusedGroupIsWantedNoMore() {
        connect(0, 0);
        session.due();
        long wanted = pendingGroups.add("trip", List.of(ANA), PosixTime.of(now));
        session.due();
        session.came(List.of(new Frame.Refused(1, Reason.BAD_GROUP), accepted(1)));
        assertThat(pendingGroups.find(wanted)).isEmpty();
        assertThat(happened).contains("no group trip BAD_GROUP");
    }

    @Test
    void aRefusedGroupIsKeptUntilItsPersonKnowsOrItIsAskedForAgain() {
        connect(0, 0);
        session.due();
        long wanted = pendingGroups.add("trip", List.of(ANA), PosixTime.of(now));
        session.due();
        session.came(List.of(new Frame.Refused(1, Reason.BAD_GROUP), accepted(1)));
        crash();
        assertThat(pendingGroups.refused())
                .containsExactly(new RefusedGroup(
                        new PendingGroup(wanted, "trip", PosixTime.of(now), List.of(ANA)), Reason.BAD_GROUP));
        connect(1, 0);
        assertThat(session.due()).as("nothing asks for it by itself").containsExactly(new Frame.Ping());
        long again = pendingGroups.add("trip", List.of(ANA), PosixTime.of(now));
        assertThat(pendingGroups.refused()).isEmpty();
        assertThat(pendingGroups.find(again)).isPresent();
    }

    @Test
    void aNewStreamDoesNotAskAgainForAGroupThatWasRefused() {
        connect(0, 0);
        session.due();
        pendingGroups.add("trip", List.of(ANA), PosixTime.of(now));
        session.due();
        session.came(List.of(new Frame.Refused(1, Reason.BAD_GROUP), accepted(1)));
        new NumberedFrames(database).restart(Resumption.fresh(random));
        assertThat(pendingGroups.in(DeliveryState.WAITING)).isEmpty();
        assertThat(pendingGroups.refused()).hasSize(1);
    }

    @Test
    void aRefusedMessageIsNotAmongThoseThatTheServerHas() {
        connect(0, 0);
        session.due();
        write("one");
        write("two");
        session.due();
        session.came(List.of(new Frame.Refused(1, Reason.UNKNOWN_CLIENT), accepted(2)));
        assertThat(happened).containsExactly("refused one UNKNOWN_CLIENT", "settled 1");
    }

    @Test
    void aRefusalThatItsPersonKnowsStaysKnownWhenTheServerSaysItAgain() {
        connect(0, 0);
        session.due();
        long number = write("one");
        session.due();
        session.came(List.of(new Frame.Refused(1, Reason.UNKNOWN_CLIENT)));
        assertThat(messages.unacknowledged(DeliveryState.REFUSED))
                .extracting(Message::number)
                .containsExactly(number);
        assertThat(outgoing.acknowledge(number)).isTrue();
        assertThat(outgoing.acknowledge(number)).isFalse();
        happened.clear();
        session.came(List.of(new Frame.Refused(1, Reason.UNKNOWN_CLIENT), accepted(1)));
        assertThat(messages.count(DeliveryState.REFUSED)).isZero();
        assertThat(messages.unacknowledged(DeliveryState.REFUSED)).isEmpty();
        assertThat(happened).as("and is not told again").isEmpty();
        assertThat(wayOf(number)).isEqualTo(DeliveryState.REFUSED);
    }

    @Test
    void itCountsWhatCameAndWhatOfThatWasNew() {
        connect(0, 0);
        session.due();
        session.came(List.of(from(ANA, "one"), new Frame.Delivered(ANA, THEN), from(ANA, "two")));
        assertThat(session.intake()).isEqualTo(new ChatSession.Intake(3, 2));
    }

    @Test
    void aRefusalOfTheSessionSaysWhyItEnds() {
        connect(0, 0);
        session.came(List.of(new Frame.Refused(0, Reason.REPLACED)));
        assertThat(session.farewell()).isEqualTo(ServerConnection.ConnectionProblem.REPLACED);
    }

    @Test
    void anAcceptedThatIsTooMuchChangesNothing() {
        connect(0, 0);
        session.due();
        long number = write("one");
        session.due();
        session.came(List.of(accepted(77)));
        assertThat(wayOf(number)).isEqualTo(DeliveryState.HANDED);
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
        assertThat(given).isBetween(AssuredSession.WINDOW - 1, AssuredSession.WINDOW + Handover.BATCH);
        session.came(List.of(accepted(given)));
        for (int i = 0; i < 20; i++) {
            given += textsIn(session.due()).size();
        }
        assertThat(given).isEqualTo(400);
    }

    @Test
    void aServerThatIsSilentIsAskedAndThenTakenForGone() {
        connect(0, 0);
        session.due();
        session.came(List.of(new Frame.Ping()));
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
        write("hi");
        session.due();
        now = now.plus(AssuredSession.ASK_SOON_AFTER).plusMillis(1);
        assertThat(session.due()).containsExactly(new Frame.Ping());
    }

    @Test
    void aReadMarkIsGivenOnceAndSurvivesACrash() {
        connect(0, 0);
        session.due();
        session.came(List.of(from(ANA, "hi")));
        readMarks.seen(List.of(1L), true);
        assertThat(session.due()).contains(new Frame.Read(ANA, THEN));
        assertThat(session.due()).isEmpty();
        crash();
        connect(0, 1);
        assertThat(session.due()).contains(new Frame.Read(ANA, THEN));
        crash();
        connect(1, 1);
        assertThat(session.due()).doesNotContain(new Frame.Read(ANA, THEN));
    }

    /** The server takes a mark behind a confirmation to cover what was confirmed. */
    @Test
    void aReadMarkThatIsSentAgainGoesBeforeTheConfirmationOfLaterMail() {
        connect(0, 0);
        session.due();
        session.came(List.of(from(ANA, "hi")));
        readMarks.seen(List.of(1L), true);
        session.due();
        crash();
        connect(0, 1);
        session.came(List.of(from(ANA, "in the same second")));
        assertThat(session.due()).containsSubsequence(new Frame.Read(ANA, THEN), new Frame.Received(new Position(2)));
    }

    @Test
    void whatABaseSessionLeftOpenIsJudgedWhenAllMailHasCome() {
        long number = write("before there was a key");
        outgoing.handed(number, settings.nextCount(ChatSession.HANDED_OVER), 1, now);
        connect(0, 0);
        session.due();
        assertThat(wayOf(number)).isEqualTo(DeliveryState.HANDED);
        session.came(List.of(new Frame.Ping()));
        assertThat(wayOf(number)).isEqualTo(DeliveryState.UNSURE);
        assertThat(happened).contains("unsure 1");
    }

    /**
     * The server keeps its promises, the link breaks anywhere, and the client is killed anywhere. In every order, each
     * message reaches the server once and in order, and each mail reaches the client once and in order.
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
                        case Frame.Message send -> {
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
                        batch.add(new Frame.Accepted(accepted, new Position(mailbox.size())));
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

    @Test
    void aServerThatIsGoneIsMissedAlsoAfterTheClockWasSetBack() {
        connect(0, 0);
        session.due();
        session.came(List.of(new Frame.Ping()));
        now = now.minus(Duration.ofDays(365));
        assertThat(session.due()).isEmpty();
        now = now.plus(AssuredSession.ASK_AFTER).plusSeconds(1);
        assertThat(session.due()).containsExactly(new Frame.Ping());
        now = now.minus(Duration.ofDays(365));
        assertThat(session.due()).isEmpty();
        now = now.plus(AssuredSession.ANSWER_WITHIN).plusSeconds(1);
        assertThat(session.isOverdue()).isTrue();
    }

    @Test
    void thePartsOfATextInOneSecondAreEachDeliveredWithAReceiptOfTheirOwn() {
        connect(0, 0);
        session.due();
        List<Long> parts = outgoing.write(ANA.asAddress(), ME, now, List.of("one", "two"), true);
        PosixTime second = messages.find(parts.getFirst()).orElseThrow().sentAt();
        session.due();
        session.came(List.of(new Frame.Accepted(1, new Position(0)), new Frame.Delivered(ANA, second)));
        session.came(List.of(new Frame.Accepted(2, new Position(1))));
        assertThat(delivered(parts)).containsExactly(1, 0);
        now = now.plusSeconds(60);
        session.came(List.of(new Frame.Delivered(ANA, second)));
        assertThat(delivered(parts)).containsExactly(1, 1);
        assertThat(messages.progress(parts.getLast()).getFirst().delivered()).isEqualTo(now);
    }

    private List<Integer> delivered(List<Long> numbers) {
        return numbers.stream()
                .map(number -> messages.find(number).orElseThrow().delivered())
                .toList();
    }
}
