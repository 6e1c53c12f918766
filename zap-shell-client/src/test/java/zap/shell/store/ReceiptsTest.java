package zap.shell.store;

import static org.assertj.core.api.Assertions.assertThat;
import static zap.shell.store.StoreFixture.ANA;
import static zap.shell.store.StoreFixture.ME;
import static zap.shell.store.StoreFixture.NOW;
import static zap.shell.store.StoreFixture.SESSION;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Progress;

/** Tests which messages a receipt covers: by positions on assured sessions, by marks on base sessions. */
class ReceiptsTest {

    private static final Position NONE = new Position(0);

    private StoreFixture store;

    @BeforeEach
    void open(@TempDir Path folder) {
        store = new StoreFixture(folder);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private PosixTime second(long number) {
        return store.find(number).sentAt();
    }

    private int delivered(long number) {
        return store.find(number).delivered();
    }

    @Test
    void aReceiptCoversMessagesThatTheServerAcceptedBeforeIt() {
        long first = store.accepted("one", 3);
        long second = store.accepted("two", 5);
        store.receipts.note(ANA, false, second(second), 0, new Position(5), NOW);
        assertThat(delivered(first)).isOne();
        assertThat(delivered(second))
                .as("accepted at the receipt's own position")
                .isZero();
        store.receipts.note(ANA, false, second(second), 0, new Position(6), NOW);
        assertThat(delivered(second)).isOne();
        assertThat(store.find(second).read()).isZero();
    }

    @Test
    void aReceiptCoversNoMessageAfterItsSecond() {
        long first = store.accepted("one", 1);
        long second = store.accepted("two", 2);
        store.receipts.note(ANA, true, second(first), 0, new Position(9), NOW);
        assertThat(store.find(first).read()).isOne();
        assertThat(delivered(second)).isZero();
    }

    @Test
    void onABaseSessionAReceiptCoversMessagesThatWereHandedOverBeforeIt() {
        long first = store.handed("one");
        long second = store.handed("two");
        store.outgoing.settledUpTo(2, SESSION, NOW);
        store.receipts.note(ANA, false, second(second), 1, 1, NONE, NOW);
        assertThat(delivered(first)).isOne();
        assertThat(delivered(second)).isZero();
    }

    @Test
    void ofMessagesWithOneSecondOnlyAnAnsweredOneIsCoveredOnABaseSession() {
        List<Long> parts = store.outgoing.write(ANA.asAddress(), ME, NOW, List.of("one", "two"), true);
        for (int i = 0; i < parts.size(); i++) {
            store.outgoing.handed(parts.get(i), i + 1, SESSION, NOW);
        }
        store.receipts.note(ANA, false, second(parts.getFirst()), 2, 0, NONE, NOW);
        assertThat(parts).extracting(this::delivered).containsExactly(1, 0);
        store.receipts.note(ANA, false, second(parts.getFirst()), 2, 2, NONE, NOW);
        assertThat(parts).extracting(this::delivered).containsExactly(1, 1);
    }

    @Test
    void aReceiptSaysSomethingOnce() {
        long number = store.accepted("one", 1);
        assertThat(store.receipts.note(ANA, true, second(number), 0, new Position(2), NOW))
                .isTrue();
        assertThat(store.receipts.note(ANA, true, second(number), 0, new Position(2), NOW))
                .as("again")
                .isFalse();
        assertThat(store.receipts.note(ANA, false, second(number), 0, new Position(2), NOW))
                .as("delivered after read")
                .isFalse();
    }

    @Test
    void whatDroppedReceiptsHaveShownStaysShown() {
        long number = store.accepted("one", 1);
        store.receipts.note(ANA, true, second(number), 0, new Position(4), NOW);
        store.receipts.dropBeyond(new Position(3));
        assertThat(store.find(number).read()).isOne();
        assertThat(store.messages.progress(number)).containsExactly(new Progress(ANA, NOW, NOW));
        long later = store.accepted("two", 1);
        assertThat(delivered(later)).isZero();
        assertThat(store.receipts.note(ANA, true, second(number), 0, new Position(4), NOW))
                .as("it was dropped")
                .isTrue();
    }

    @Test
    void noReceiptCoversAnUnsureMessage() {
        long number = store.handed("one");
        store.outgoing.mark(number, DeliveryState.UNSURE);
        store.receipts.note(ANA, true, second(number), 9, 9, NONE, NOW);
        assertThat(delivered(number)).isZero();
        assertThat(store.messages.progress(number)).containsExactly(new Progress(ANA, null, null));
    }
}
