package zap.shell.store;

import static org.assertj.core.api.Assertions.assertThat;
import static zap.shell.store.StoreFixture.ANA;
import static zap.shell.store.StoreFixture.BOB;
import static zap.shell.store.StoreFixture.ME;
import static zap.shell.store.StoreFixture.NOW;
import static zap.shell.store.StoreFixture.SESSION;
import static zap.shell.store.StoreFixture.TRIP;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.MessageId;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.Messages.Progress;
import zap.shell.store.Messages.Unread;
import zap.shell.store.Repeats.Arrival;

/** Tests looking up messages, and what is shown of them. */
class MessagesTest {

    private StoreFixture store;
    private long second = 1_800_000_000;

    @BeforeEach
    void open(@TempDir Path folder) {
        store = new StoreFixture(folder);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private Message came(Address chat, ClientId author, String text) {
        return store.incoming.add(chat, author, new PosixTime(second++), text, NOW, SESSION);
    }

    private Message came(String text) {
        return came(ANA.asAddress(), ANA, text);
    }

    @Test
    void anIncomingMessageIsAsItCame() {
        Message message = came("hello");
        assertThat(message)
                .isEqualTo(new Message(
                        1,
                        ANA.asAddress(),
                        ANA,
                        false,
                        new PosixTime(1_800_000_000),
                        NOW,
                        "hello",
                        DeliveryState.AT_SERVER,
                        0,
                        0,
                        0,
                        false,
                        null));
        assertThat(store.messages.newest()).isOne();
        assertThat(store.messages.count()).isOne();
    }

    @Test
    void aMessageWithAPositionAndAnIdIsStoredWithThem() {
        var arrival = new Arrival(ANA.asAddress(), ANA, new PosixTime(second), new MessageId(7), "hello");
        store.incoming.add(arrival, new Position(3), NOW, SESSION);
        assertThat(new Repeats(store.database).isHere(arrival)).isTrue();
        assertThat(store.incoming.cameIn(SESSION, ANA.asAddress(), ANA, new PosixTime(second), "hello"))
                .isTrue();
        assertThat(store.incoming.cameIn(SESSION + 1, ANA.asAddress(), ANA, new PosixTime(second), "hello"))
                .isFalse();
    }

    @Test
    void seenMessagesAreNoLongerUnread() {
        Message first = came("one");
        came("two");
        assertThat(store.messages.unread())
                .containsExactly(new Unread(ANA.asAddress(), 2, first.number(), new PosixTime(1_800_000_001), false));
        store.readMarks.seen(List.of(first.number()), true);
        assertThat(store.find(first.number()).seen()).isTrue();
        assertThat(store.messages.unseen(ANA.asAddress()))
                .extracting(Message::text)
                .containsExactly("two");
        assertThat(store.messages.unseenCount(ANA.asAddress())).isOne();
        assertThat(store.messages.unreadCount()).isOne();
    }

    @Test
    void mutedChatsAreUnreadAndDoNotCount() {
        came("one");
        new People(store.database).mute(ANA.asAddress(), true);
        assertThat(store.messages.unread()).hasSize(1);
        assertThat(store.messages.unreadCount()).isZero();
    }

    @Test
    void unseenMessagesComeInPages() {
        List<Long> numbers = List.of(
                came("one").number(), came("two").number(), came("three").number());
        assertThat(store.messages.unseenAfter(ANA.asAddress(), numbers.getFirst(), 1))
                .extracting(Message::number)
                .containsExactly(numbers.get(1));
    }

    @Test
    void aChatIsShownOldestFirstAndChatsNewestFirst() {
        came("one");
        came("two");
        long own = store.write("three");
        came(BOB.asAddress(), BOB, "from bob");
        assertThat(store.messages.last(ANA.asAddress(), 2))
                .extracting(Message::text)
                .containsExactly("two", "three");
        assertThat(store.messages.after(ANA.asAddress(), 1, 10))
                .extracting(Message::text)
                .containsExactly("two", "three");
        assertThat(store.messages.chats()).containsExactly(BOB.asAddress(), ANA.asAddress());
        assertThat(store.messages.numberBefore(store.find(own))).isEqualTo(2);
        assertThat(store.messages.numberBefore(store.find(1))).isZero();
    }

    @Test
    void eachRecipientOfAGroupIsCountedForItself() {
        store.addTrip();
        long number = store.outgoing.write(TRIP.asAddress(), ME, NOW, "hi all");
        store.outgoing.numbered(number, 1, SESSION, NOW);
        store.outgoing.accepted(number, new Position(1), NOW);
        assertThat(store.find(number).recipients()).isEqualTo(2);
        assertThat(store.messages.membersWithWaitingMail(TRIP.asAddress(), ME)).containsExactly(ANA, BOB);
        store.receipts.note(BOB, true, store.find(number).sentAt(), 0, new Position(2), NOW);
        Message message = store.find(number);
        assertThat(message.delivered()).as("read implies delivered").isOne();
        assertThat(message.read()).isOne();
        assertThat(store.messages.progress(number))
                .containsExactly(new Progress(ANA, null, null), new Progress(BOB, NOW, NOW));
        assertThat(store.messages.membersWithWaitingMail(TRIP.asAddress(), ME)).containsExactly(ANA);
    }

    @Test
    void outgoingMessagesAreFoundByTheirState() {
        long waiting = store.write("waits");
        long handed = store.handed("handed");
        assertThat(store.messages.of(DeliveryState.WAITING))
                .extracting(Message::number)
                .containsExactly(waiting);
        assertThat(store.messages.of(DeliveryState.HANDED))
                .extracting(Message::number)
                .containsExactly(handed);
        assertThat(store.messages.count(DeliveryState.HANDED)).isOne();
        store.outgoing.mark(handed, DeliveryState.UNSURE);
        assertThat(store.messages.unacknowledged(DeliveryState.UNSURE)).hasSize(1);
        store.outgoing.acknowledge(handed);
        assertThat(store.messages.unacknowledged(DeliveryState.UNSURE)).isEmpty();
    }

    @Test
    void messagesAreFoundByTheBeginningOfTheLastWord() {
        came("the train leaves at noon");
        came(BOB.asAddress(), BOB, "which train?");
        var search = new MessageSearch(store.database);
        assertThat(search.find("train le", null, 10))
                .extracting(Message::text)
                .containsExactly("the train leaves at noon");
        assertThat(search.find("train", BOB.asAddress(), 10)).hasSize(1);
        assertThat(search.find("train", null, 10)).hasSize(2);
        assertThat(search.find("plane", null, 10)).isEmpty();
        came("the plane is late");
        assertThat(search.find("plane", null, 10)).as("not in the index before").hasSize(1);
    }
}
