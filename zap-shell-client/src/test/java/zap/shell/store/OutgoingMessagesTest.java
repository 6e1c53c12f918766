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
import zap.protocol.Position;
import zap.protocol.Reason;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.OutgoingMessages.Due;
import zap.shell.store.OutgoingMessages.Open;

/** Tests the way of an outgoing message from the outbox to the server: its state only moves forward. */
class OutgoingMessagesTest {

    private StoreFixture store;

    @BeforeEach
    void open(@TempDir Path folder) {
        store = new StoreFixture(folder);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private DeliveryState stateOf(long number) {
        return store.find(number).state();
    }

    @Test
    void aMessageWaitsIsHandedOverAndIsStoredByTheServer() {
        long number = store.write("hi");
        assertThat(stateOf(number)).isEqualTo(DeliveryState.WAITING);
        assertThat(store.outgoing.waiting(10)).extracting(Due::number).containsExactly(number);
        store.outgoing.handed(number, 5, SESSION, NOW);
        assertThat(stateOf(number)).isEqualTo(DeliveryState.HANDED);
        assertThat(store.outgoing.waiting(10)).isEmpty();
        assertThat(store.outgoing.open()).containsExactly(new Open(number, 5));
        assertThat(store.outgoing.settledUpTo(5, SESSION, NOW)).isOne();
        assertThat(stateOf(number)).isEqualTo(DeliveryState.AT_SERVER);
        assertThat(store.outgoing.open()).isEmpty();
    }

    @Test
    void messagesWaitInTheOrderInWhichTheyWereWritten() {
        List<Long> written = List.of(store.write("one"), store.write("two"), store.write("three"));
        assertThat(store.outgoing.waiting(10)).extracting(Due::number).containsExactlyElementsOf(written);
        assertThat(store.outgoing.waiting(2)).extracting(Due::text).containsExactly("one", "two");
    }

    @Test
    void aMessageAtTheServerNeverWaitsOrIsUnsureAgain() {
        long number = store.handed("hi");
        store.outgoing.settledUpTo(store.lastMark(), SESSION, NOW);
        store.outgoing.handed(number, 9, SESSION, NOW);
        store.outgoing.mark(number, DeliveryState.UNSURE);
        store.outgoing.waitsUnsent(number);
        assertThat(stateOf(number)).isEqualTo(DeliveryState.AT_SERVER);
        assertThat(store.outgoing.again(number, ME, NOW)).isEmpty();
    }

    @Test
    void aMarkSettlesOnlyMessagesBeforeItAndOfItsSession() {
        long first = store.handed("one");
        long second = store.handed("two");
        assertThat(store.outgoing.settledUpTo(1, SESSION + 1, NOW)).isZero();
        assertThat(store.outgoing.settledUpTo(1, SESSION, NOW)).isOne();
        assertThat(stateOf(first)).isEqualTo(DeliveryState.AT_SERVER);
        assertThat(stateOf(second)).isEqualTo(DeliveryState.HANDED);
        assertThat(store.outgoing.sessionOfMark(2)).contains(SESSION);
        assertThat(store.outgoing.sessionOfMark(1)).as("settled").isEmpty();
    }

    @Test
    void aMarkSettlesNoMessageOfAStream() {
        long number = store.write("hi");
        store.outgoing.numbered(number, 1, SESSION, NOW);
        assertThat(store.outgoing.settledUpTo(1, SESSION, NOW)).isZero();
        assertThat(store.outgoing.open()).as("of base sessions").isEmpty();
        assertThat(store.outgoing.accepted(number, new Position(3), NOW)).isTrue();
        assertThat(store.outgoing.accepted(number, new Position(3), NOW))
                .as("known before")
                .isFalse();
    }

    @Test
    void aReceiptProvesAnUnsureMessageIfNoOtherOneHasItsSecond() {
        long number = store.handed("hi");
        store.outgoing.mark(number, DeliveryState.UNSURE);
        store.outgoing.proven(BOB, store.find(number).sentAt(), NOW);
        assertThat(stateOf(number)).as("of another person").isEqualTo(DeliveryState.UNSURE);
        store.outgoing.proven(ANA, store.find(number).sentAt(), NOW);
        assertThat(stateOf(number)).isEqualTo(DeliveryState.AT_SERVER);

        List<Long> twins = store.outgoing.write(ANA.asAddress(), ME, NOW, List.of("one", "two"), true);
        twins.forEach(twin -> store.outgoing.handed(twin, 7, SESSION, NOW));
        store.outgoing.proven(ANA, store.find(twins.getFirst()).sentAt(), NOW);
        assertThat(twins).extracting(this::stateOf).containsOnly(DeliveryState.HANDED);
    }

    @Test
    void aRefusedMessageIsReportedUntilTheUserAcknowledgesIt() {
        long number = store.handed("hi");
        store.outgoing.refused(number, Reason.UNKNOWN_CLIENT, NOW);
        assertThat(store.find(number).refusal()).isEqualTo(Reason.UNKNOWN_CLIENT);
        assertThat(store.messages.count(DeliveryState.REFUSED)).isOne();
        assertThat(store.outgoing.acknowledge(number)).isTrue();
        assertThat(store.outgoing.acknowledge(number)).as("a second time").isFalse();
        assertThat(store.messages.count(DeliveryState.REFUSED)).isZero();
        store.outgoing.refused(number, Reason.UNKNOWN_CLIENT, NOW);
        assertThat(store.messages.unacknowledged(DeliveryState.REFUSED))
                .as("the same refusal again")
                .isEmpty();
        assertThat(store.messages.of(DeliveryState.REFUSED)).hasSize(1);
    }

    @Test
    void aRefusedMessageGoesOutAgainAsANewOneAtTheEnd() {
        long refused = store.handed("lost");
        store.outgoing.refused(refused, Reason.MAILBOX_FULL, NOW);
        long waiting = store.write("later");
        long again = store.outgoing.again(refused, ME, NOW).orElseThrow();
        assertThat(store.messages.find(refused)).isEmpty();
        assertThat(store.outgoing.waiting(10)).extracting(Due::number).containsExactly(waiting, again);
        assertThat(store.find(again).text()).isEqualTo("lost");
        assertThat(store.outgoing.again(waiting, ME, NOW))
                .as("it waits already")
                .isEmpty();
    }

    @Test
    void onANewStreamEverythingWaitsAgainThatIsNotDelivered() {
        long delivered = store.accepted("delivered", 1);
        long accepted = store.accepted("accepted", 2);
        long refused = store.write("refused");
        store.outgoing.numbered(refused, 8, SESSION, NOW);
        store.outgoing.refused(refused, Reason.MAILBOX_FULL, NOW);
        long ofBaseSession = store.handed("of a base session");
        store.receipts.note(ANA, false, store.find(delivered).sentAt(), 0, new Position(5), NOW);
        assertThat(store.outgoing.waitAgain()).isOne();
        assertThat(store.outgoing.waiting(10)).extracting(Due::number).containsExactly(accepted);
        assertThat(store.outgoing.waiting(10)).extracting(Due::carried).containsExactly(true);
        assertThat(store.outgoing.waitingInNoStream(10))
                .as("for a base session")
                .isEmpty();
        assertThat(stateOf(delivered)).isEqualTo(DeliveryState.AT_SERVER);
        assertThat(stateOf(refused)).isEqualTo(DeliveryState.REFUSED);
        assertThat(stateOf(ofBaseSession)).isEqualTo(DeliveryState.HANDED);
    }

    @Test
    void aMessageToALostGroupWaitsForTheNewOne() {
        store.addTrip();
        var succession = new GroupSuccession(store.database);
        succession.lost(TRIP);
        long number = store.outgoing.write(TRIP.asAddress(), ME, NOW, "hi all");
        assertThat(store.outgoing.waiting(10)).isEmpty();
        assertThat(store.pendingGroups.in(DeliveryState.WAITING)).hasSize(1);
        assertThat(succession.waitingFor(TRIP)).containsExactly(number);
        assertThat(store.messages.allAfter(0)).extracting(Message::number).containsExactly(number);
    }
}
