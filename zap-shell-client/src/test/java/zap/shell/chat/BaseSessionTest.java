package zap.shell.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.GroupId;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.OutgoingMessages;
import zap.shell.store.PendingGroups;
import zap.shell.store.PendingGroups.PendingGroup;
import zap.shell.store.People;
import zap.shell.store.People.Group;
import zap.shell.store.Profile;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.ProfileSettings;
import zap.shell.store.ReadMarks;

class BaseSessionTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final ClientId ANA = ClientId.parse("1000000000002");
    private static final ClientId BOB = ClientId.parse("1000000000003");
    private static final GroupId TRIP = GroupId.parse("2000000000001");
    private static final ProfileSettings.Server SERVER = new ProfileSettings.Server("localhost", 7777, false);

    @TempDir
    Path folder;

    private Instant now = Instant.ofEpochSecond(1_800_000_000);
    private Profile profile;
    private ProfileDatabase database;
    private Messages messages;
    private ReadMarks readMarks;
    private PendingGroups pendingGroups;
    private OutgoingMessages outgoing;
    private People people;
    private ProfileSettings settings;
    private BaseSession office;
    private final List<String> happened = new ArrayList<>();

    @BeforeEach
    void open() {
        profile = Profile.named("me", Map.of("ZAP_HOME", folder.toString()), folder);
        start(SERVER);
        settings.server(SERVER);
        settings.self(ME);
    }

    private void start(ProfileSettings.Server server) {
        database = ProfileDatabase.open(profile);
        messages = new Messages(database);
        readMarks = new ReadMarks(database);
        pendingGroups = new PendingGroups(database);
        outgoing = new OutgoingMessages(database);
        people = new People(database);
        settings = new ProfileSettings(database);
        office = new BaseSession(database, ME, server, () -> now, new ClientListener() {
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
            public void groupRefused(PendingGroup group, Reason reason) {
                happened.add("refused " + group.name());
            }

            @Override
            public void receipt(ClientId from, boolean read) {
                happened.add((read ? "read by " : "delivered to ") + from);
            }

            @Override
            public void unsure(int count) {
                happened.add("unsure " + count);
            }

            @Override
            public void history(HistoryEvent event) {
                happened.add(event.kind().name());
            }
        });
    }

    @AfterEach
    void close() {
        database.close();
    }

    /** Loses everything that is not on the disk. */
    private void crash() {
        database.close();
        start(SERVER);
    }

    private long write(ClientId to, String text) {
        return outgoing.write(to.asAddress(), ME, now, text);
    }

    private Message message(long number) {
        return messages.find(number).orElseThrow();
    }

    /** Takes the due frames, and returns the marks in them. */
    private List<PosixTime> marksIn(List<Frame> frames) {
        return frames.stream()
                .filter(f -> f instanceof Frame.Read r
                        && r.src().equals(ME)
                        && r.upTo().seconds() < ChatSession.MARKS_END)
                .map(f -> ((Frame.Read) f).upTo())
                .toList();
    }

    private static List<String> textsIn(List<Frame> frames) {
        return frames.stream()
                .filter(Frame.Send.class::isInstance)
                .map(f -> ((Frame.Send) f).body().text())
                .toList();
    }

    private List<Frame> dueAndAnswered() {
        List<Frame> frames = office.due();
        marksIn(frames).forEach(mark -> office.came(List.of(new Frame.ReadReceipt(ME, mark))));
        return frames;
    }

    private void connect() {
        office.opened();
        dueAndAnswered();
    }

    @Test
    void aMessageWrittenOfflineWaitsAndGoesOutOnce() {
        long number = write(ANA, "hi");
        assertThat(message(number).state()).isEqualTo(DeliveryState.WAITING);
        office.opened();
        assertThat(textsIn(office.due())).containsExactly("hi");
        assertThat(textsIn(office.due())).isEmpty();
        assertThat(message(number).state()).isEqualTo(DeliveryState.HANDED);
    }

    @Test
    void theTickComesWithTheMarkBehindTheMessageAndNotBefore() {
        connect();
        long number = write(ANA, "hi");
        List<Frame> frames = office.due();
        assertThat(frames.getLast()).isInstanceOf(Frame.Read.class);
        assertThat(message(number).state()).isEqualTo(DeliveryState.HANDED);
        office.came(List.of(new Frame.ReadReceipt(ME, marksIn(frames).getLast())));
        assertThat(message(number).state()).isEqualTo(DeliveryState.AT_SERVER);
    }

    /**
     * The server refuses an 08 for a full mailbox without an answer. It delivers the mailbox, and accepts entries
     * again.
     */
    @Test
    void aMarkThatAFullMailboxRefusedIsSetAgainAndThePersonLearnsOfIt() {
        connect();
        office.closed();
        office.opened();
        long refused = marksIn(office.due()).getLast().seconds();
        office.came(List.of(new Frame.Deliver(ANA, ME.asAddress(), new PosixTime(1_700_000_000), Body.of("one"))));
        now = now.plus(BaseSession.HOLD_BACK_AFTER);
        assertThat(office.due()).as("not before its time").isEmpty();
        now = now.plusSeconds(1);
        List<PosixTime> again = marksIn(office.due());
        assertThat(again).hasSize(1);
        assertThat(office.due()).as("once").isEmpty();
        assertThat(again.getLast().seconds()).isGreaterThan(refused);
        assertThat(office.isCaughtUp()).isFalse();
        happened.clear();
        office.came(List.of(new Frame.ReadReceipt(ME, again.getLast())));
        assertThat(office.isCaughtUp()).isTrue();
        assertThat(happened).containsExactly("MAILBOX_FULL", "caught up 1");
        now = now.plus(BaseSession.OVERDUE_AFTER).plusSeconds(1);
        assertThat(office.isOverdue()).as("nothing is owed any more").isFalse();
        long number = write(ANA, "goes on");
        dueAndAnswered();
        assertThat(message(number).state()).isEqualTo(DeliveryState.AT_SERVER);
    }

    @Test
    void aMarkThatIsOnlySlowSaysNothingAboutTheMailbox() {
        connect();
        office.closed();
        office.opened();
        PosixTime slow = marksIn(office.due()).getLast();
        office.came(List.of(new Frame.Deliver(ANA, ME.asAddress(), new PosixTime(1_700_000_000), Body.of("one"))));
        now = now.plus(BaseSession.HOLD_BACK_AFTER).plusSeconds(1);
        PosixTime again = marksIn(office.due()).getLast();
        happened.clear();
        office.came(List.of(new Frame.ReadReceipt(ME, slow), new Frame.ReadReceipt(ME, again)));
        assertThat(happened).containsExactly("caught up 1");
    }

    @Test
    void anAnswerToAMarkThatWasNeverSetProvesNothing() {
        connect();
        long number = write(ANA, "hi");
        office.due();
        office.came(List.of(new Frame.ReadReceipt(ME, new PosixTime(999_999))));
        assertThat(message(number).state()).isEqualTo(DeliveryState.HANDED);
    }

    @Test
    void whatWasOnItsWayWhenTheConnectionBrokeIsUnsureAndNeverSentAgainByItself() {
        connect();
        long number = write(ANA, "hi");
        office.due();
        office.closed();
        office.opened();
        assertThat(textsIn(dueAndAnswered())).isEmpty();
        assertThat(message(number).state()).isEqualTo(DeliveryState.UNSURE);
        assertThat(textsIn(dueAndAnswered())).isEmpty();
        assertThat(happened).contains("unsure 1");
    }

    @Test
    void itIsAlsoUnsureWhenTheProgramDied() {
        connect();
        long number = write(ANA, "hi");
        office.due();
        crash();
        connect();
        assertThat(message(number).state()).isEqualTo(DeliveryState.UNSURE);
    }

    @Test
    void aMarkThatComesOnTheNextConnectionStillProves() {
        connect();
        long number = write(ANA, "hi");
        PosixTime mark = marksIn(office.due()).getLast();
        crash();
        office.opened();
        List<Frame> first = office.due();
        office.came(List.of(new Frame.ReadReceipt(ME, mark)));
        office.came(List.of(new Frame.ReadReceipt(ME, marksIn(first).getLast())));
        assertThat(message(number).state()).isEqualTo(DeliveryState.AT_SERVER);
    }

    @Test
    void aReceiptOfExactlyItsSecondProvesAnUnsureMessage() {
        connect();
        long number = write(ANA, "hi");
        office.due();
        office.closed();
        connect();
        assertThat(message(number).state()).isEqualTo(DeliveryState.UNSURE);
        office.came(List.of(new Frame.Delivered(ANA, message(number).sentAt())));
        assertThat(message(number).state()).isEqualTo(DeliveryState.AT_SERVER);
        assertThat(message(number).delivered()).isOne();
    }

    @Test
    void aReceiptForALaterMessageProvesNothingAboutAnUnsureOne() {
        connect();
        long lost = write(ANA, "lost");
        office.due();
        office.closed();
        connect();
        long later = write(ANA, "later");
        dueAndAnswered();
        office.came(List.of(new Frame.Delivered(ANA, message(later).sentAt())));
        assertThat(message(later).delivered()).isOne();
        assertThat(message(lost).state()).isEqualTo(DeliveryState.UNSURE);
        assertThat(message(lost).delivered()).isZero();
    }

    @Test
    void nothingNewIsHandedOverBeforeTheOldIsJudged() {
        connect();
        write(ANA, "one");
        office.due();
        office.closed();
        write(ANA, "two");
        office.opened();
        List<Frame> first = office.due();
        assertThat(textsIn(first)).isEmpty();
        office.came(List.of(new Frame.ReadReceipt(ME, marksIn(first).getLast())));
        assertThat(textsIn(office.due())).containsExactly("two");
    }

    @Test
    void whenTheServerDoesNotAnswerNoMoreIsHandedOver() {
        connect();
        write(ANA, "one");
        office.due();
        now = now.plus(BaseSession.HOLD_BACK_AFTER).plusSeconds(1);
        write(ANA, "two");
        assertThat(textsIn(office.due())).isEmpty();
        assertThat(office.isOverdue()).isFalse();
        now = now.plus(BaseSession.OVERDUE_AFTER);
        assertThat(office.isOverdue()).isTrue();
    }

    @Test
    void aServerThatHasNeverAnsweredAMarkIsFoundOutAndStillUsed() {
        office.opened();
        office.due();
        now = now.plus(BaseSession.NO_MARKS_AFTER).plusSeconds(1);
        office.due();
        assertThat(office.tellsWhatIsStored()).isFalse();
        assertThat(office.isOverdue()).isFalse();
        now = now.plus(BaseSession.QUIET);
        long number = write(ANA, "hi");
        assertThat(textsIn(office.due())).containsExactly("hi");
        assertThat(message(number).state()).isEqualTo(DeliveryState.HANDED);
        office.came(List.of(new Frame.Delivered(ANA, message(number).sentAt())));
        assertThat(message(number).delivered()).isOne();
    }

    @Test
    void shortFramesCarryNoMarks() {
        database.close();
        start(new ProfileSettings.Server("localhost", 7778, true));
        office.opened();
        write(ANA, "hi");
        assertThat(marksIn(office.due())).isEmpty();
        now = now.plus(BaseSession.QUIET).plusSeconds(1);
        office.due();
        assertThat(office.isCaughtUp()).isTrue();
    }

    @Test
    void messagesToOnePersonNeverShareASecond() {
        people.add(new Group(TRIP, "trip", new PosixTime(1), List.of(ME, ANA, BOB)));
        long one = write(ANA, "1");
        long two = outgoing.write(TRIP.asAddress(), ME, now, "2");
        long three = write(BOB, "3");
        assertThat(message(two).sentAt()).isGreaterThan(message(one).sentAt());
        assertThat(message(three).sentAt()).isGreaterThan(message(two).sentAt());
        assertThat(write(ANA, "4"))
                .satisfies(four -> assertThat(message(four).sentAt())
                        .isGreaterThan(message(two).sentAt()));
    }

    @Test
    void aReceiptSaysNothingAboutWhatWasHandedOverAfterIt() {
        connect();
        long first = write(ANA, "first");
        dueAndAnswered();
        // A server that puts its own clock into 07, and that clock is ahead.
        office.came(List.of(
                new Frame.Delivered(ANA, new PosixTime(message(first).sentAt().seconds() + 3600))));
        assertThat(message(first).delivered()).isOne();
        long second = write(ANA, "second");
        dueAndAnswered();
        assertThat(message(second).delivered()).isZero();
    }

    @Test
    void inAGroupItIsDeliveredWhenAllHaveItAndReadWhenAllHaveReadIt() {
        people.add(new Group(TRIP, "trip", new PosixTime(1), List.of(ME, ANA, BOB)));
        connect();
        long number = outgoing.write(TRIP.asAddress(), ME, now, "hi");
        dueAndAnswered();
        PosixTime at = message(number).sentAt();
        office.came(List.of(new Frame.Delivered(ANA, at)));
        assertThat(message(number).delivered()).isEqualTo(1);
        assertThat(message(number).recipients()).isEqualTo(2);
        office.came(List.of(new Frame.ReadReceipt(BOB, at)));
        assertThat(message(number).delivered()).as("read is delivered").isEqualTo(2);
        assertThat(message(number).read()).isEqualTo(1);
        office.came(List.of(new Frame.ReadReceipt(ANA, at)));
        assertThat(message(number).read()).isEqualTo(2);
        assertThat(messages.progress(number))
                .hasSize(2)
                .allSatisfy(p -> assertThat(p.read()).isNotNull());
    }

    @Test
    void whatWaitedIsOneSummaryAndWhatComesAfterIsLive() {
        office.opened();
        PosixTime mark = marksIn(office.due()).getLast();
        came(ANA, "old", 1_700_000_001L);
        came(BOB, "older", 1_700_000_000L);
        office.came(List.of(new Frame.ReadReceipt(ME, mark)));
        came(ANA, "new", 1_800_000_000L);
        assertThat(happened).containsExactly("caught up 2", "arrived new");
    }

    private void came(ClientId from, String text, long at) {
        office.came(List.of(new Frame.Deliver(from, ME.asAddress(), new PosixTime(at), Body.of(text))));
    }

    private List<Frame> readMarksDue() {
        return office.due().stream()
                .filter(f -> f instanceof Frame.Read r && !r.src().equals(ME))
                .toList();
    }

    @Test
    void aReadMarkCoversNothingThatWasNotShown() {
        connect();
        came(ANA, "one", 1_700_000_001L);
        came(ANA, "two", 1_700_000_002L);
        came(ANA, "three", 1_700_000_003L);
        List<Message> unseen = messages.unseen(ANA.asAddress());
        readMarks.seen(List.of(unseen.get(0).number(), unseen.get(2).number()), true);
        assertThat(readMarksDue()).containsExactly(new Frame.Read(ANA, new PosixTime(1_700_000_001L)));
        readMarks.seen(List.of(unseen.get(1).number()), true);
        assertThat(readMarksDue()).containsExactly(new Frame.Read(ANA, new PosixTime(1_700_000_003L)));
    }

    @Test
    void ofTwoMessagesOfOneSecondOneUnseenHoldsTheMarkBack() {
        connect();
        came(ANA, "one", 1_700_000_001L);
        came(ANA, "two", 1_700_000_001L);
        readMarks.seen(List.of(messages.unseen(ANA.asAddress()).getFirst().number()), true);
        assertThat(readMarksDue()).isEmpty();
    }

    @Test
    void anUnseenGroupMessageHoldsTheMarkOfItsAuthorBack() {
        people.add(new Group(TRIP, "trip", new PosixTime(1), List.of(ANA, ME, BOB)));
        connect();
        office.came(List.of(
                new Frame.Deliver(ANA, TRIP.asAddress(), new PosixTime(1_700_000_001L), Body.of("in the group"))));
        came(ANA, "direct", 1_700_000_002L);
        readMarks.seen(
                messages.unseen(ANA.asAddress()).stream().map(Message::number).toList(), true);
        assertThat(readMarksDue()).isEmpty();
        readMarks.seen(
                messages.unseen(TRIP.asAddress()).stream().map(Message::number).toList(), true);
        assertThat(readMarksDue()).containsExactly(new Frame.Read(ANA, new PosixTime(1_700_000_002L)));
    }

    @Test
    void withReceiptsOffNobodyIsTold() {
        settings.receipts(false);
        connect();
        came(ANA, "one", 1_700_000_001L);
        readMarks.seen(
                messages.unseen(ANA.asAddress()).stream().map(Message::number).toList(), settings.receipts());
        assertThat(readMarksDue()).isEmpty();
        settings.receipts(true);
        assertThat(readMarksDue()).isEmpty();
    }

    @Test
    void aReadMarkThatMayBeLostIsToldAgain() {
        connect();
        came(ANA, "one", 1_700_000_001L);
        readMarks.seen(
                messages.unseen(ANA.asAddress()).stream().map(Message::number).toList(), true);
        assertThat(readMarksDue()).hasSize(1);
        office.closed();
        office.opened();
        List<Frame> frames = office.due();
        assertThat(frames).contains(new Frame.Read(ANA, new PosixTime(1_700_000_001L)));
    }

    @Test
    void aGroupComesBackWithTheNameItWasAskedForWith() {
        pendingGroups.add("trip", List.of(BOB, ANA), PosixTime.of(now));
        office.opened();
        assertThat(office.due()).anyMatch(Frame.CreateGroup.class::isInstance);
        office.came(List.of(new Frame.GroupCreated(TRIP, PosixTime.of(now), List.of(ME, BOB, ANA))));
        assertThat(people.group(TRIP).orElseThrow().name()).isEqualTo("trip");
        assertThat(pendingGroups.in(DeliveryState.HANDED)).isEmpty();
    }

    @Test
    void thatItWasDeliveredIsNoNewsOnceItIsKnownToBeRead() {
        connect();
        long number = write(ANA, "hi");
        dueAndAnswered();
        PosixTime second = message(number).sentAt();
        office.came(List.of(new Frame.ReadReceipt(ANA, second)));
        office.came(List.of(new Frame.Delivered(ANA, second)));
        assertThat(happened).contains("read by " + ANA).doesNotContain("delivered to " + ANA);
        write(ANA, "more");
        dueAndAnswered();
        office.came(List.of(new Frame.Delivered(ANA, new PosixTime(second.seconds() + 1))));
        assertThat(happened).contains("delivered to " + ANA);
    }

    @Test
    void aGroupThatHasNotComeWithTheMarkBehindItWasRefused() {
        connect();
        long number = pendingGroups.add("trip", List.of(BOB, ANA), PosixTime.of(now));
        PosixTime mark = marksIn(office.due()).getFirst();
        assertThat(pendingGroups.find(number)).isPresent();
        assertThat(happened).doesNotContain("refused trip");
        office.came(List.of(new Frame.ReadReceipt(ME, mark)));
        assertThat(happened).contains("refused trip");
        assertThat(pendingGroups.find(number)).isEmpty();
        // Not asked for again with the next connection.
        office.closed();
        office.opened();
        assertThat(office.due()).noneMatch(Frame.CreateGroup.class::isInstance);
    }

    @Test
    void theMarkBehindAWishForAGroupTellsAlsoWhenItComesWithTheNextConnection() {
        connect();
        pendingGroups.add("trip", List.of(BOB, ANA), PosixTime.of(now));
        PosixTime mark = marksIn(office.due()).getFirst();
        crash();
        office.opened();
        office.came(List.of(new Frame.ReadReceipt(ME, mark)));
        assertThat(happened).contains("refused trip");
    }

    @Test
    void aGroupThatAnotherConnectionAskedForIsNotTakenForRefused() {
        connect();
        pendingGroups.add("trip", List.of(BOB, ANA), PosixTime.of(now));
        office.due();
        crash();
        office.opened();
        dueAndAnswered();
        assertThat(happened).doesNotContain("refused trip");
        assertThat(pendingGroups.in(DeliveryState.UNSURE)).hasSize(1);
        office.came(List.of(new Frame.GroupCreated(TRIP, PosixTime.of(now), List.of(ME, BOB, ANA))));
        assertThat(people.group(TRIP).orElseThrow().name()).isEqualTo("trip");
    }

    @Test
    void aGroupMessageBeforeItsGroupIsKeptAndTheMembersComeLater() {
        connect();
        office.came(List.of(new Frame.Deliver(ANA, TRIP.asAddress(), new PosixTime(1_700_000_001L), Body.of("hi"))));
        assertThat(people.isGroup(TRIP.asAddress())).isTrue();
        office.came(List.of(new Frame.GroupCreated(TRIP, PosixTime.of(now), List.of(ANA, ME))));
        assertThat(people.group(TRIP).orElseThrow().members()).containsExactly(ANA, ME);
    }

    @Test
    void whatTheServerGivesAgainAfterABrokenConnectionIsKeptOnce() {
        connect();
        came(ANA, "one", 1_700_000_001L);
        crash();
        office.opened();
        List<Frame> first = office.due();
        came(ANA, "one", 1_700_000_001L);
        came(ANA, "two", 1_700_000_002L);
        office.came(List.of(new Frame.ReadReceipt(ME, marksIn(first).getLast())));
        assertThat(messages.last(ANA.asAddress(), 10)).extracting(Message::text).containsExactly("one", "two");
    }

    @Test
    void theSameTextTwiceInOneSessionIsTwoMessages() {
        connect();
        came(ANA, "ok", 1_700_000_001L);
        came(ANA, "ok", 1_700_000_001L);
        assertThat(messages.last(ANA.asAddress(), 10)).hasSize(2);
    }

    @Test
    void aMessageToOneselfIsThereOnce() {
        connect();
        long number = write(ME, "note");
        dueAndAnswered();
        came(ME, "note", message(number).sentAt().seconds());
        assertThat(messages.last(ME.asAddress(), 10)).hasSize(1);
        office.came(List.of(new Frame.Delivered(ME, message(number).sentAt())));
        assertThat(message(number).delivered()).isOne();
    }

    @Test
    void resentIsANewMessageAndTheOldOneIsGone() {
        connect();
        long number = write(ANA, "hi");
        office.due();
        office.closed();
        connect();
        long again = outgoing.again(number, ME, now).orElseThrow();
        assertThat(messages.find(number)).isEmpty();
        assertThat(textsIn(office.due())).containsExactly("hi");
        assertThat(outgoing.again(again, ME, now)).as("only what is unsure").isEmpty();
    }

    @Test
    void aReceiptOfASecondThatMessagesShareCoversTheFirstUntilTheServerHasHadTheOthers() {
        connect();
        List<Long> parts = outgoing.write(ANA.asAddress(), ME, now, List.of("one", "two"), true);
        PosixTime second = message(parts.getLast()).sentAt();
        PosixTime mark = marksIn(office.due()).getLast();
        // It may be about the first one alone.
        office.came(List.of(new Frame.Delivered(ANA, second)));
        assertThat(message(parts.getFirst()).delivered()).isOne();
        assertThat(message(parts.getLast()).delivered()).isZero();
        office.came(List.of(new Frame.ReadReceipt(ME, mark), new Frame.Delivered(ANA, second)));
        assertThat(message(parts.getLast()).delivered()).isOne();
    }

    @Test
    void aReceiptOfALaterSecondCoversAllThatShareOne() {
        connect();
        List<Long> parts = outgoing.write(ANA.asAddress(), ME, now, List.of("one", "two"), true);
        long later = write(ANA, "later");
        office.due();
        office.came(List.of(new Frame.Delivered(ANA, message(later).sentAt())));
        assertThat(message(parts.getLast()).delivered()).isOne();
    }

    @Test
    void aReceiptOfASecondThatMessagesShareProvesNoneThatIsUnsure() {
        connect();
        List<Long> parts = outgoing.write(ANA.asAddress(), ME, now, List.of("one", "two"), true);
        office.due();
        office.closed();
        connect();
        office.came(List.of(new Frame.Delivered(ANA, message(parts.getFirst()).sentAt())));
        assertThat(parts)
                .allSatisfy(number -> assertThat(message(number).state()).isEqualTo(DeliveryState.UNSURE));
    }

    @Test
    void aReceiptForAMessageOfAWrongClockIsNotTakenForOneAfterIt() {
        connect();
        Instant right = now;
        now = Instant.parse("2099-06-01T00:00:00Z");
        long far = write(ANA, "far");
        office.due();
        now = right;
        long near = write(ANA, "near");
        office.due();
        office.came(List.of(new Frame.Delivered(ANA, message(far).sentAt())));
        assertThat(message(far).delivered()).isOne();
        assertThat(message(near).delivered()).isZero();
        office.came(List.of(new Frame.Delivered(ANA, message(near).sentAt())));
        assertThat(message(near).delivered()).isOne();
    }

    @Test
    void aMessageThatAWrongClockHasDatedGoesOutWithTheRightTime() {
        Instant right = now;
        now = Instant.parse("2099-06-01T00:00:00Z");
        write(ANA, "far");
        now = right;
        office.opened();
        assertThat(office.due()).contains(new Frame.Send(ME, ANA.asAddress(), PosixTime.of(right), Body.of("far")));
    }

    @Test
    void aMarkOfAnAuthorWhoseClockIsAheadGoesOutBehindTheOneForTheirOtherMessages() {
        connect();
        came(ANA, "far", 9_999_999_999L);
        showAllOf(ANA);
        assertThat(readMarksDue()).containsExactly(new Frame.Read(ANA, new PosixTime(9_999_999_999L)));
        came(ANA, "near", 1_700_000_001L);
        showAllOf(ANA);
        assertThat(readMarksDue())
                .containsExactly(
                        new Frame.Read(ANA, new PosixTime(1_700_000_001L)),
                        new Frame.Read(ANA, new PosixTime(9_999_999_999L)));
        assertThat(readMarksDue()).isEmpty();
    }

    private void showAllOf(ClientId author) {
        readMarks.seen(
                messages.unseen(author.asAddress()).stream()
                        .map(Message::number)
                        .toList(),
                true);
    }

    @Test
    void aGroupWhoseServerNamesTheCreatorLastOrNotAtAllHasTheNameItWasAskedForWith() {
        var others = List.of(List.of(BOB, ANA, ME), List.of(ANA, BOB));
        for (int i = 0; i < others.size(); i++) {
            var id = new GroupId(TRIP.value() + i);
            pendingGroups.add("trip" + i, List.of(BOB, ANA), PosixTime.of(now));
            office.opened();
            office.due();
            office.came(List.of(new Frame.GroupCreated(id, PosixTime.of(now), others.get(i))));
            assertThat(people.group(id).orElseThrow().name()).isEqualTo("trip" + i);
            assertThat(pendingGroups.in(DeliveryState.HANDED)).isEmpty();
        }
    }

    @Test
    void aGroupWithoutMembersThatTheServerDoesNotKnowHasItsNameToo() {
        pendingGroups.add("trip", List.of(BOB, ANA), PosixTime.of(now));
        office.opened();
        office.due();
        office.came(List.of(new Frame.GroupCreated(TRIP, PosixTime.of(now), List.of(ME, ANA))));
        assertThat(people.group(TRIP).orElseThrow().name()).isEqualTo("trip");
    }

    @Test
    void aGroupThatAnotherOneMadeOfFewerMembersIsNotTheOneThatWasAskedFor() {
        pendingGroups.add("trip", List.of(BOB, ANA), PosixTime.of(now));
        office.opened();
        office.due();
        office.came(List.of(new Frame.GroupCreated(TRIP, PosixTime.of(now), List.of(ANA, ME))));
        assertThat(people.group(TRIP).orElseThrow().name()).isNull();
        assertThat(pendingGroups.in(DeliveryState.HANDED)).hasSize(1);
    }

    @Test
    void aGroupWhoseFirstMessageCameBeforeItHasItsName() {
        pendingGroups.add("trip", List.of(BOB, ANA), PosixTime.of(now));
        office.opened();
        office.due();
        office.came(List.of(
                new Frame.Deliver(ANA, TRIP.asAddress(), new PosixTime(1_700_000_001L), Body.of("hi")),
                new Frame.GroupCreated(TRIP, PosixTime.of(now), List.of(ME, BOB, ANA))));
        assertThat(people.group(TRIP).orElseThrow().name()).isEqualTo("trip");
    }

    @Test
    void aNameThatWasGivenToAnotherOneMeanwhileIsLeftToThem() {
        pendingGroups.add("trip", List.of(BOB, ANA), PosixTime.of(now));
        office.opened();
        office.due();
        people.name(ANA, "Trip");
        office.came(List.of(new Frame.GroupCreated(TRIP, PosixTime.of(now), List.of(ME, BOB, ANA))));
        assertThat(people.group(TRIP).orElseThrow().name()).isNull();
    }

    @Test
    void aWishForAGroupIsAskedForOnceItWasHandedOver() {
        long number = pendingGroups.add("trip", List.of(BOB, ANA), PosixTime.of(now));
        assertThat(pendingGroups.isHanded(number)).isFalse();
        office.opened();
        office.due();
        assertThat(pendingGroups.isHanded(number)).isTrue();
        crash();
        connect();
        assertThat(pendingGroups.in(DeliveryState.UNSURE)).hasSize(1);
        assertThat(pendingGroups.isHanded(number)).isTrue();
    }
}
