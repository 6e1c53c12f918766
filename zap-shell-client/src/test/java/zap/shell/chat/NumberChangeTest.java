package zap.shell.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.GroupId;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.StreamId;
import zap.shell.identity.IdentityKey;
import zap.shell.store.GroupSuccession;
import zap.shell.store.HistoryEvents;
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.NumberChange;
import zap.shell.store.NumberedFrames;
import zap.shell.store.NumberedFrames.FrameSubject;
import zap.shell.store.OutgoingMessages;
import zap.shell.store.OutgoingMessages.Due;
import zap.shell.store.PendingGroups;
import zap.shell.store.PendingGroups.PendingGroup;
import zap.shell.store.People;
import zap.shell.store.People.Group;
import zap.shell.store.Profile;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.ProfileSettings;

/** Tests a store that gets another number: its content stays, and nothing of the old number counts for the new one. */
class NumberChangeTest {

    private static final ClientId OLD = ClientId.parse("1000000000001");
    private static final ClientId NEW = ClientId.parse("1000000000009");
    private static final ClientId BOB = ClientId.parse("1000000000002");
    private static final GroupId TRIP = GroupId.parse("2000000000001");
    private static final GroupId AGAIN = GroupId.parse("2000000000002");
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
    private static final ProfileSettings.Server SERVER = new ProfileSettings.Server("localhost", 7777, false);

    @TempDir
    Path folder;

    private ProfileDatabase database;
    private ProfileSettings settings;
    private Messages messages;
    private PendingGroups pendingGroups;
    private OutgoingMessages outgoing;
    private People people;
    private GroupSuccession succession;
    private NumberedFrames numbered;

    @BeforeEach
    void open() {
        database = ProfileDatabase.open(Profile.named("me", Map.of("ZAP_HOME", folder.toString()), folder));
        settings = new ProfileSettings(database);
        messages = new Messages(database);
        pendingGroups = new PendingGroups(database);
        outgoing = new OutgoingMessages(database);
        people = new People(database);
        succession = new GroupSuccession(database);
        numbered = new NumberedFrames(database);
        settings.identity(SERVER, OLD, Optional.of(IdentityKey.generate()));
        settings.stream(new StreamId(1));
        settings.position(new Position(40));
        people.add(new Group(TRIP, "trip", new PosixTime(1_700_000_000), List.of(OLD, BOB)));
    }

    @AfterEach
    void close() {
        database.close();
    }

    private void change() {
        new NumberChange(database).become(SERVER, NEW, Optional.of(IdentityKey.generate()), new StreamId(2), NOW);
    }

    /** Writes to bob, and hands the message to the connection of an assured session. */
    private long handed(String text) {
        long number = outgoing.write(BOB.asAddress(), OLD, NOW, text);
        outgoing.numbered(number, 1, 1, NOW);
        numbered.add(new Frame.Read(OLD, new PosixTime(number)), new FrameSubject(number, null));
        return number;
    }

    private long atServer(String text, long at) {
        long number = handed(text);
        outgoing.accepted(number, new Position(at), NOW);
        return number;
    }

    private Message message(long number) {
        return messages.find(number).orElseThrow();
    }

    private Inbox inbox() {
        return new Inbox(database, NEW, () -> NOW, ClientListener.NOBODY, 9, false);
    }

    @Test
    void whatWasDeliveredStaysSoAndNoReceiptOfTheNewNumberIsAboutTheOldOnesMessages() {
        long delivered = atServer("delivered", 3);
        inbox().take(new Frame.Delivered(BOB, message(delivered).sentAt()), 1, 1, new Position(4), new Position(4));
        long atServer = atServer("only at the server", 5);
        change();
        // The mailbox of the new number begins with 1, and may well come further than that of the old one.
        var later = new PosixTime(1_900_000_000);
        inbox().take(new Frame.Delivered(BOB, later), 99, 99, new Position(99), new Position(99));
        assertThat(message(delivered).delivered()).isEqualTo(1);
        assertThat(message(atServer).state()).isEqualTo(DeliveryState.AT_SERVER);
        assertThat(message(atServer).delivered()).isZero();
    }

    @Test
    void whatWasOnItsWayIsInDoubtAndNothingOfTheOldNumbersIsSentAgainByItself() {
        long handed = handed("on its way");
        long atServer = atServer("not known to be delivered", 5);
        long waiting = outgoing.write(BOB.asAddress(), OLD, NOW, "no connection has seen it");
        change();
        assertThat(message(handed).state()).isEqualTo(DeliveryState.UNSURE);
        assertThat(numbered.after(0)).isEmpty();
        assertThat(settings.stream()).contains(new StreamId(2));
        assertThat(settings.position()).isEqualTo(new Position(0));
        // Also when the server is restored later, and a new stream begins.
        assertThat(numbered.restart(new StreamId(3))).isZero();
        assertThat(message(atServer).state()).isEqualTo(DeliveryState.AT_SERVER);
        assertThat(outgoing.waiting(9)).extracting(Due::number).containsExactly(waiting);
        assertThat(message(waiting).author()).isEqualTo(NEW);
    }

    @Test
    void aGroupThatKnowsTheOldNumberIsMadeAgainWithTheNewOneWhenSomethingIsWrittenToIt() {
        change();
        assertThat(succession.formerNumberIn(people.group(TRIP).orElseThrow())).contains(OLD);
        long number = outgoing.write(TRIP.asAddress(), NEW, NOW, "hello again");
        assertThat(outgoing.waiting(9)).as("before the group is there").isEmpty();
        assertThat(pendingGroups.in(DeliveryState.WAITING))
                .extracting(PendingGroup::members)
                .containsExactly(List.of(BOB));
        inbox().take(
                        new Frame.GroupCreated(AGAIN, new PosixTime(1_800_000_001), List.of(NEW, BOB)),
                        1,
                        1,
                        new Position(1),
                        new Position(1));
        assertThat(succession.successor(TRIP.asAddress())).contains(AGAIN);
        assertThat(people.nameOf(AGAIN.asAddress())).contains("trip");
        assertThat(message(number).chat()).isEqualTo(AGAIN.asAddress());
        assertThat(succession.formerNumberIn(people.group(AGAIN).orElseThrow())).isEmpty();
    }

    @Test
    void whatWaitedForAGroupWaitsForTheOneThatTakesItsPlace() {
        outgoing.write(TRIP.asAddress(), OLD, NOW, "no connection has seen it");
        change();
        assertThat(pendingGroups.in(DeliveryState.WAITING))
                .extracting(PendingGroup::members)
                .containsExactly(List.of(BOB));
    }

    @Test
    void aGroupThatAnotherMemberMakesAgainTakesTheOldOnesPlace() {
        change();
        var fresh = new Frame.GroupCreated(AGAIN, new PosixTime(1_800_000_001), List.of(BOB, NEW));
        inbox().take(fresh, 1, 1, new Position(1), new Position(1));
        assertThat(succession.successor(TRIP.asAddress())).contains(AGAIN);
    }

    @Test
    void itIsNotedWhichNumberItWasAndAKeyGoesWithItsNumber() {
        new NumberChange(database).become(SERVER, NEW, Optional.empty(), new StreamId(2), NOW);
        assertThat(new HistoryEvents(database).formerNumbers()).containsExactly(OLD);
        assertThat(settings.self()).contains(NEW);
        assertThat(settings.hasKey()).isFalse();
    }

    @Test
    void aNewNumberThatWasLostOnTheWayIsAskedForAgainWithTheSameStream() {
        StreamId drawn = settings.streamToRegister(() -> new StreamId(5));
        assertThat(settings.streamToRegister(() -> new StreamId(6))).isEqualTo(drawn);
        change();
        assertThat(settings.streamToRegister(() -> new StreamId(7))).isEqualTo(new StreamId(7));
    }
}
