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
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.GroupId;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.Messages.Progress;
import zap.shell.store.OutgoingMessages;
import zap.shell.store.PendingGroups;
import zap.shell.store.People;
import zap.shell.store.People.Group;
import zap.shell.store.Profile;
import zap.shell.store.ProfileDatabase;

/** Tests a later 11 for a known group: the server has forgotten some of its members. */
class ForgottenMembersTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final ClientId ANA = ClientId.parse("1000000000002");
    private static final ClientId BOB = ClientId.parse("1000000000003");
    private static final ClientId CID = ClientId.parse("1000000000004");
    private static final GroupId TRIP = GroupId.parse("2000000000001");
    private static final GroupId OTHER = GroupId.parse("2000000000002");
    private static final PosixTime MADE = new PosixTime(1_700_000_000);
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);

    @TempDir
    Path folder;

    private ProfileDatabase database;
    private Messages messages;
    private PendingGroups pendingGroups;
    private OutgoingMessages outgoing;
    private People people;
    private Inbox inbox;
    private final List<String> told = new ArrayList<>();
    private long clock;

    @BeforeEach
    void open() {
        database = ProfileDatabase.open(Profile.named("me", Map.of("ZAP_HOME", folder.toString()), folder));
        messages = new Messages(database);
        pendingGroups = new PendingGroups(database);
        outgoing = new OutgoingMessages(database);
        people = new People(database);
        var listener = new ClientListener() {
            @Override
            public void group(Group group) {
                told.add("in " + group.id());
            }

            @Override
            public void left(Group group, ClientId person) {
                told.add(person + " left " + group.name() + ", now " + group.members());
            }
        };
        inbox = new Inbox(database, ME, () -> NOW, listener, 1, false);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private void created(GroupId group, ClientId... members) {
        take(new Frame.GroupCreated(group, MADE, List.of(members)));
    }

    private void take(Frame.ForMailbox mail) {
        inbox.take(mail, clock, 0, null, new Position(0));
        inbox.tell();
    }

    private long sent(String text) {
        long number = outgoing.write(TRIP.asAddress(), ME, NOW, text);
        outgoing.handed(number, ++clock, 1, NOW);
        outgoing.settledUpTo(clock, 1, NOW);
        return number;
    }

    private Message message(long number) {
        return messages.find(number).orElseThrow();
    }

    private String ticks(long number) {
        Message message = message(number);
        return "%s of %s have it, %s have read it".formatted(message.delivered(), message.recipients(), message.read());
    }

    private void read(ClientId by, long number) {
        take(new Frame.ReadReceipt(by, message(number).sentAt()));
    }

    private void delivered(ClientId to, long number) {
        take(new Frame.Delivered(to, message(number).sentAt()));
    }

    @Test
    void theMembersAreReplacedAndNameAndMuteStay() {
        created(TRIP, ANA, ME, BOB);
        people.name(TRIP, "trip");
        people.mute(TRIP.asAddress(), true);
        told.clear();

        created(TRIP, ME, BOB);
        assertThat(people.group(TRIP)).contains(new Group(TRIP, "trip", MADE, List.of(ME, BOB)));
        assertThat(people.groups()).containsExactly(new Group(TRIP, "trip", MADE, List.of(ME, BOB)));
        assertThat(people.isMuted(TRIP.asAddress())).isTrue();
        assertThat(told).containsExactly(ANA + " left trip, now [" + ME + ", " + BOB + "]");

        created(TRIP, ME, BOB);
        assertThat(told).as("the same again says nothing new").hasSize(1);
    }

    @Test
    void aGroupOfOneStaysAGroup() {
        created(TRIP, ANA, ME);
        people.name(TRIP, "trip");
        told.clear();
        created(TRIP, ME);
        assertThat(people.group(TRIP)).contains(new Group(TRIP, "trip", MADE, List.of(ME)));
        assertThat(told).containsExactly(ANA + " left trip, now [" + ME + "]");
    }

    @Test
    void whatTheForgottenOneHasNotGotIsDeliveredWhenTheOthersHaveIt() {
        created(TRIP, ME, ANA, BOB, CID);
        long number = sent("hi");
        delivered(ANA, number);
        read(BOB, number);
        assertThat(ticks(number)).isEqualTo("2 of 3 have it, 1 have read it");

        created(TRIP, ME, ANA, BOB);
        assertThat(ticks(number)).isEqualTo("2 of 2 have it, 1 have read it");
        assertThat(messages.progress(number)).extracting(Progress::person).containsExactly(ANA, BOB);
        read(ANA, number);
        assertThat(ticks(number)).isEqualTo("2 of 2 have it, 2 have read it");
    }

    /** One after the other is forgotten, until no member is left to count. */
    @Test
    void nothingThatWasTickedIsUntickedEver() {
        created(TRIP, ME, ANA, BOB, CID);
        long read = sent("read by all");
        List.of(ANA, BOB, CID).forEach(by -> read(by, read));
        long delivered = sent("delivered to all");
        List.of(ANA, BOB, CID).forEach(to -> delivered(to, delivered));
        long waiting = sent("delivered to Bob alone");
        delivered(BOB, waiting);

        created(TRIP, ME, BOB, CID);
        created(TRIP, ME, BOB);
        assertThat(ticks(waiting)).isEqualTo("1 of 1 have it, 0 have read it");
        created(TRIP, ME);
        assertThat(ticks(read)).isEqualTo("1 of 1 have it, 1 have read it");
        assertThat(ticks(delivered)).isEqualTo("1 of 1 have it, 0 have read it");
        assertThat(ticks(waiting)).isEqualTo("1 of 1 have it, 0 have read it");
        assertThat(messages.progress(read)).extracting(Progress::person).containsExactly(BOB);
    }

    @Test
    void whoeverIsLeftAloneSeesNoTickForWhatNobodyHasGot() {
        created(TRIP, ME, ANA);
        long number = sent("hi");
        created(TRIP, ME);
        assertThat(ticks(number)).isEqualTo("0 of 1 have it, 0 have read it");
        assertThat(message(number).state()).isEqualTo(DeliveryState.AT_SERVER);
    }

    @Test
    void severalWhoLeaveAtOnceAreNamedEach() {
        created(TRIP, ME, ANA, BOB, CID);
        long number = sent("hi");
        List.of(ANA, BOB).forEach(by -> read(by, number));
        told.clear();
        created(TRIP, ME);
        assertThat(told).hasSize(3);
        assertThat(ticks(number)).isEqualTo("2 of 3 have it, 2 have read it");
    }

    /** Such an 11 does not answer a pending group with the members that remain. */
    @Test
    void aKnownGroupThatShrinksIsNotTakenForOneThatWasAskedFor() {
        created(TRIP, ME, ANA, BOB);
        people.name(TRIP, "trip");
        long wanted = pendingGroups.add("other", List.of(ANA), new PosixTime(1_800_000_000));
        pendingGroups.handed(wanted, ++clock);

        created(TRIP, ME, ANA);
        assertThat(pendingGroups.find(wanted)).isPresent();
        created(OTHER, ME, ANA);
        assertThat(pendingGroups.find(wanted)).isEmpty();
        assertThat(people.group(OTHER).orElseThrow().name()).isEqualTo("other");
        assertThat(people.group(TRIP).orElseThrow().name()).isEqualTo("trip");
    }

    @Test
    void aGroupThatWasKnownByAMessageAloneIsNewWhenItsMembersCome() {
        take(new Frame.Deliver(ANA, TRIP.asAddress(), new PosixTime(1_700_000_001), Body.of("hi")));
        assertThat(people.group(TRIP).orElseThrow().members()).isEmpty();
        created(TRIP, ANA, ME);
        assertThat(people.group(TRIP)).contains(new Group(TRIP, null, MADE, List.of(ANA, ME)));
        assertThat(told).containsExactly("in " + TRIP);
        take(new Frame.Deliver(ANA, TRIP.asAddress(), new PosixTime(1_700_000_002), Body.of("hi again")));
        assertThat(people.group(TRIP).orElseThrow().members()).containsExactly(ANA, ME);
    }
}
