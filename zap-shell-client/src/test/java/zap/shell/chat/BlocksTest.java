package zap.shell.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.GroupId;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.shell.store.Blocks;
import zap.shell.store.GroupSuccession;
import zap.shell.store.MessageSearch;
import zap.shell.store.Messages;
import zap.shell.store.Messages.Message;
import zap.shell.store.Messages.Unread;
import zap.shell.store.OutgoingMessages;
import zap.shell.store.People;
import zap.shell.store.People.Group;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.ProfileSettings;
import zap.shell.store.ReadMarks;
import zap.shell.store.ReadMarks.ReadMark;

/**
 * Tests which mail is shown, counted and reported of blocked people, of left groups, and of groups that strangers made.
 */
class BlocksTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final ClientId SPAM = ClientId.parse("1000000000002");
    private static final ClientId BOB = ClientId.parse("1000000000003");
    private static final GroupId TRIP = GroupId.parse("2000000000001");
    private static final GroupId OTHER = GroupId.parse("2000000000002");
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);

    @TempDir
    Path folder;

    private ProfileDatabase database;
    private Messages messages;
    private MessageSearch search;
    private ReadMarks readMarks;
    private OutgoingMessages outgoing;
    private People people;
    private Blocks blocks;
    private Inbox inbox;
    private long second = 1_700_000_000;
    private final List<String> told = new ArrayList<>();

    @BeforeEach
    void open() {
        open(ProfileDatabase.open(folder.resolve("zap.db")));
    }

    private void open(ProfileDatabase store) {
        database = store;
        messages = new Messages(database);
        search = new MessageSearch(database);
        readMarks = new ReadMarks(database);
        outgoing = new OutgoingMessages(database);
        people = new People(database);
        blocks = new Blocks(database);
        new ProfileSettings(database).self(ME);
        inbox = new Inbox(
                database,
                ME,
                () -> NOW,
                new ClientListener() {
                    @Override
                    public void arrived(Message message) {
                        told.add(message.text());
                    }

                    @Override
                    public void caughtUp(Map<Address, Integer> arrived) {
                        told.add("caught up " + arrived.values());
                    }

                    @Override
                    public void receipt(ClientId from, boolean read) {
                        told.add("receipt of " + from);
                    }

                    @Override
                    public void group(Group group) {
                        told.add("in " + group.id());
                    }

                    @Override
                    public void groupReplaced(Group old, Group fresh) {
                        told.add(fresh.id() + " for " + old.id());
                    }

                    @Override
                    public void left(Group group, ClientId person) {
                        told.add(person + " left " + group.id());
                    }
                },
                1,
                false);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private void take(Frame.ForMailbox mail) {
        inbox.take(mail, 0, 0, null, new Position(0));
        inbox.tell();
    }

    private void caughtUp() {
        inbox.nowCaughtUp();
        inbox.tell();
        told.clear();
    }

    private void says(ClientId author, Address to, String text) {
        take(new Frame.Deliver(author, to, new PosixTime(second++), Body.of(text)));
    }

    private void says(ClientId author, String text) {
        says(author, ME.asAddress(), text);
    }

    private void created(GroupId group, ClientId... members) {
        take(new Frame.GroupCreated(group, new PosixTime(second++), List.of(members)));
    }

    private List<String> unread() {
        return messages.unread().stream()
                .flatMap(chat -> messages.unseen(chat.chat()).stream())
                .map(Message::text)
                .toList();
    }

    private static List<String> texts(List<Message> messages) {
        return messages.stream().map(Message::text).toList();
    }

    private void showAll() {
        readMarks.seen(
                messages.unread().stream()
                        .flatMap(chat -> messages.unseen(chat.chat()).stream())
                        .map(Message::number)
                        .toList(),
                true);
    }

    @Test
    void nothingOfABlockedPersonIsShownAnywhereUntilUnblocked() {
        caughtUp();
        says(SPAM, "before");
        blocks.block(SPAM);
        says(SPAM, "buy now");
        says(BOB, "hello");
        assertThat(told).containsExactly("before", "hello");
        assertThat(unread()).containsExactly("hello");
        assertThat(messages.unreadCount()).isOne();
        assertThat(messages.last(SPAM.asAddress(), 10)).isEmpty();
        assertThat(messages.after(SPAM.asAddress(), 0, 10)).isEmpty();
        assertThat(search.find("buy", null, 10)).isEmpty();
        assertThat(search.find("buy", SPAM.asAddress(), 10)).isEmpty();
        assertThat(blocks.isShown(2)).isFalse();

        blocks.unblock(SPAM);
        assertThat(unread()).containsExactly("before", "buy now", "hello");
        assertThat(texts(messages.last(SPAM.asAddress(), 10))).containsExactly("before", "buy now");
        assertThat(texts(search.find("buy", null, 1))).containsExactly("buy now");
        assertThat(blocks.isShown(2)).isTrue();
    }

    @Test
    void searchFindsAsManyShownMessagesAsWereAskedFor() {
        says(SPAM, "offer");
        says(BOB, "offer of the day, of this day and of no other");
        blocks.block(SPAM);
        assertThat(search.find("offer", null, 1)).hasSize(1);
    }

    @Test
    void whatWaitedOfABlockedPersonIsNotCountedOnConnecting() {
        blocks.block(SPAM);
        says(SPAM, "buy now");
        says(BOB, "hello");
        inbox.nowCaughtUp();
        inbox.tell();
        assertThat(told).containsExactly("caught up [1]");
    }

    @Test
    void nothingIsToldAsReadWhileAPersonIsBlocked() {
        says(SPAM, "buy now");
        says(BOB, "hello");
        showAll();
        blocks.block(SPAM);
        assertThat(readMarks.due(NOW)).extracting(ReadMark::person).containsExactly(BOB);
        says(SPAM, "buy more");
        blocks.unblock(SPAM);
        assertThat(readMarks.due(NOW)).contains(new ReadMark(SPAM, new PosixTime(1_700_000_000)));
        showAll();
        assertThat(readMarks.due(NOW)).contains(new ReadMark(SPAM, new PosixTime(1_700_000_002)));
    }

    @Test
    void aReceiptOfABlockedPersonIsNotTold() {
        long number = outgoing.write(SPAM.asAddress(), ME, NOW, "who are you?");
        outgoing.handed(number, 1, 1, NOW);
        blocks.block(SPAM);
        take(new Frame.Delivered(SPAM, PosixTime.of(NOW)));
        assertThat(told).isEmpty();
    }

    @Test
    void aGroupThatABlockedPersonMadeIsShownOnceItsPersonHasWrittenThere() {
        caughtUp();
        blocks.block(SPAM);
        created(TRIP, SPAM, ME, BOB);
        says(BOB, TRIP.asAddress(), "what is this?");
        assertThat(told).isEmpty();
        assertThat(unread()).isEmpty();
        assertThat(blocks.isHidden(TRIP.asAddress())).isTrue();

        outgoing.write(TRIP.asAddress(), ME, NOW, "no idea");
        says(SPAM, TRIP.asAddress(), "buy now");
        says(BOB, TRIP.asAddress(), "aha");
        assertThat(told).containsExactly("aha");
        assertThat(unread()).containsExactly("what is this?", "aha");
        assertThat(texts(messages.last(TRIP.asAddress(), 10))).containsExactly("what is this?", "no idea", "aha");
        assertThat(blocks.isHidden(TRIP.asAddress())).isFalse();
    }

    @Test
    void inAGroupOfSomebodyElseOnlyTheBlockedPersonIsNotShown() {
        created(TRIP, BOB, ME, SPAM);
        blocks.block(SPAM);
        says(SPAM, TRIP.asAddress(), "buy now");
        says(BOB, TRIP.asAddress(), "hello");
        assertThat(unread()).containsExactly("hello");
    }

    @Test
    void whoMadeAGroupStaysSoWhenTheServerHasForgottenThem() {
        created(TRIP, SPAM, BOB, ME);
        created(TRIP, BOB, ME);
        blocks.block(SPAM);
        says(BOB, TRIP.asAddress(), "hello");
        assertThat(unread()).isEmpty();
    }

    @Test
    void joiningShowsAGroupOfABlockedPerson() {
        blocks.block(SPAM);
        created(TRIP, SPAM, ME, BOB);
        says(BOB, TRIP.asAddress(), "hello");
        blocks.join(TRIP);
        assertThat(unread()).containsExactly("hello");
    }

    @Test
    void aGroupThatWasLeftStaysLeftUntilJoined() {
        caughtUp();
        created(TRIP, BOB, ME, SPAM);
        says(BOB, TRIP.asAddress(), "before");
        blocks.leave(TRIP);
        told.clear();
        assertThat(unread()).isEmpty();
        says(BOB, TRIP.asAddress(), "after");
        created(TRIP, BOB, ME);
        blocks.leave(TRIP);
        assertThat(told).isEmpty();
        assertThat(blocks.isLeft(TRIP.asAddress())).isTrue();
        assertThat(unread()).isEmpty();
        assertThat(messages.unreadCount()).isZero();
        assertThat(texts(messages.last(TRIP.asAddress(), 10))).containsExactly("before");
        assertThat(search.find("after", null, 10)).isEmpty();

        blocks.join(TRIP);
        assertThat(unread()).containsExactly("before", "after");
        assertThat(blocks.isLeft(TRIP.asAddress())).isFalse();
    }

    @Test
    void theGroupThatTakesThePlaceOfALeftOneIsLeftToo() {
        caughtUp();
        created(TRIP, BOB, ME);
        blocks.leave(TRIP);
        new GroupSuccession(database).lost(TRIP);
        told.clear();
        created(OTHER, BOB, ME);
        says(BOB, OTHER.asAddress(), "here again");
        assertThat(told).isEmpty();
        assertThat(blocks.isLeft(OTHER.asAddress())).isTrue();
        assertThat(unread()).isEmpty();
    }

    @Test
    void whatWasNotShownOfALeftGroupHoldsTheReadMarkBack() {
        created(TRIP, BOB, ME);
        blocks.leave(TRIP);
        says(BOB, TRIP.asAddress(), "in the group");
        says(BOB, "direct");
        showAll();
        assertThat(readMarks.due(NOW)).isEmpty();
    }

    @Test
    void groupsOfAStrangerAreToldApartUntilTheyAreAnswered() {
        created(TRIP, SPAM, ME);
        created(OTHER, SPAM, ME);
        says(SPAM, TRIP.asAddress(), "one");
        says(SPAM, OTHER.asAddress(), "two");
        says(BOB, "hello");
        assertThat(messages.unread()).extracting(Unread::ofStranger).containsExactly(false, true, true);
        assertThat(messages.unread()).extracting(Unread::chat).startsWith(BOB.asAddress());
        assertThat(blocks.groupsOfItsStranger(TRIP.asAddress())).isEqualTo(2);
        assertThat(blocks.groupsOfItsStranger(BOB.asAddress())).isZero();

        outgoing.write(TRIP.asAddress(), ME, NOW, "hi");
        assertThat(blocks.isOfStranger(TRIP.asAddress())).isFalse();
        assertThat(blocks.groupsOfItsStranger(OTHER.asAddress())).isOne();
        blocks.join(OTHER);
        assertThat(blocks.isOfStranger(OTHER.asAddress())).isFalse();
    }

    @Test
    void whoHasANameOrWasWrittenToIsNoStranger() {
        created(TRIP, SPAM, ME);
        created(OTHER, BOB, ME);
        people.name(SPAM, "ana");
        outgoing.write(BOB.asAddress(), ME, NOW, "hi");
        assertThat(blocks.isOfStranger(TRIP.asAddress())).isFalse();
        assertThat(blocks.isOfStranger(OTHER.asAddress())).isFalse();
    }

    @Test
    void aGroupOfOnesOwnIsOfNoStranger() {
        created(TRIP, ME, BOB);
        assertThat(blocks.isOfStranger(TRIP.asAddress())).isFalse();
    }

    @Test
    void anOldStoreKnowsWhoMadeItsGroups() throws Exception {
        Path file = folder.resolve("old.db");
        Flyway.configure()
                .dataSource("jdbc:sqlite:" + file, null, null)
                .locations("classpath:zap/shell/store")
                .target("3")
                .load()
                .migrate();
        try (Connection before = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = before.createStatement()) {
            statement.execute("insert into chat_group (id, created_at) values (2000000000001, 1)");
            statement.execute("insert into group_member values (2000000000001, 0, 1000000000002)");
            statement.execute("insert into group_member values (2000000000001, 1, 1000000000001)");
        }
        database.close();
        open(ProfileDatabase.open(file));
        blocks.block(SPAM);
        says(BOB, TRIP.asAddress(), "hello");
        assertThat(unread()).isEmpty();
    }
}
