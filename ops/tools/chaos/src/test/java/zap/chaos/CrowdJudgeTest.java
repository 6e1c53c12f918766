package zap.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import zap.protocol.Address;
import zap.protocol.ClientId;

class CrowdJudgeTest {

    private static final ClientId ANA = new ClientId(1000000000017L);
    private static final ClientId BOB = new ClientId(1739250018846L);
    private static final ClientId CAL = new ClientId(1200000000033L);
    private static final Address TO_BOB = BOB.asAddress();

    private final CrowdJudge judge = new CrowdJudge();
    private long ordinal;

    @BeforeEach
    void theyRegister() {
        judge.join(ANA, true);
        judge.join(BOB, true);
        judge.join(CAL, false);
        judge.connected(CAL, 1);
    }

    private long send(long second) {
        return judge.sending(ANA, TO_BOB, List.of(BOB), 0, second, ++ordinal);
    }

    private long sendOnBase(ClientId recipient, long life) {
        return judge.sending(CAL, recipient.asAddress(), List.of(recipient), life, 100, 0);
    }

    private void comesToBob(long number) {
        judge.arrived(BOB, ANA, TO_BOB, 0, number);
    }

    @Test
    void aMessageThatArrivesWithAllReceiptsIsComplete() {
        long number = send(100);
        judge.accepted(ANA, 1, 4);
        comesToBob(number);
        judge.delivered(ANA, BOB, 100, 5);
        assertThat(judge.isComplete()).as("before it is read").isFalse();
        judge.reading(BOB, ANA);
        judge.read(ANA, BOB, 100, 6);
        judge.close();

        assertThat(judge.isComplete()).isTrue();
        assertThat(judge.faults()).isEmpty();
        assertThat(judge.counts()).isEqualTo(new CrowdJudge.Counts(1, 1, 0, 0, 1, 1, 0, 0, 0, 0));
    }

    @Test
    void whatDoesNotComeIsLost() {
        comesToBob(send(100));
        send(100);
        send(100);
        judge.close();

        assertThat(judge.counts().lost()).isEqualTo(2);
        assertThat(judge.faults()).hasSize(2); // the other one is about the receipts
    }

    @Test
    void whatComesAgainIsDoubledAndWhatComesTooSoonIsDisorder() {
        long first = send(100);
        long second = send(100);
        comesToBob(second);
        comesToBob(first);

        assertThat(judge.counts().disordered()).isOne();
        assertThat(judge.counts().doubled()).isOne();
    }

    @Test
    void aReceiptForWhatHasNotComeIsFalse() {
        send(100);
        judge.accepted(ANA, 1, 4);
        judge.delivered(ANA, BOB, 100, 5);

        assertThat(judge.counts().falselyTold()).isOne();
    }

    @Test
    void aReceiptSaysNothingOfALaterSecondOrOfAFrameThatIsAcceptedBehindIt() {
        send(100);
        judge.accepted(ANA, 1, 5);
        judge.delivered(ANA, BOB, 99, 6);
        judge.delivered(ANA, BOB, 100, 5);
        assertThat(judge.counts().delivered()).isZero();

        judge.delivered(ANA, BOB, 100, 7);
        assertThat(judge.counts().falselyTold()).isOne();
    }

    @Test
    void aReceiptCountsForAFrameWhoseAcceptanceComesBehindItOnTheWire() {
        comesToBob(send(100));
        judge.delivered(ANA, BOB, 100, 5);
        assertThat(judge.counts().delivered()).isZero();
        judge.accepted(ANA, 1, 4);

        assertThat(judge.counts().delivered()).isOne();
        assertThat(judge.faults()).isEmpty();
    }

    @Test
    void whatCameAfterTheMarkIsNotRead() {
        comesToBob(send(100));
        judge.reading(BOB, ANA);
        comesToBob(send(100));
        judge.accepted(ANA, 2, 4);
        judge.read(ANA, BOB, 100, 5);

        assertThat(judge.counts().falselyTold()).isOne();
    }

    /** What a base client wrote to a node that is killed was promised to nobody; what it wrote before arrives. */
    @Test
    void theLastMessagesOfABaseConnectionMayBeMissingAndNoneBeforeThem() {
        long first = sendOnBase(BOB, 1);
        sendOnBase(BOB, 1);
        judge.arrived(BOB, CAL, TO_BOB, 1, first);
        judge.connected(CAL, 2);
        judge.arrived(BOB, CAL, TO_BOB, 2, sendOnBase(BOB, 2));
        judge.close();

        assertThat(judge.faults()).isEmpty();
        assertThat(judge.counts().unstored()).isOne();

        sendOnBase(BOB, 2);
        judge.arrived(BOB, CAL, TO_BOB, 2, sendOnBase(BOB, 2));
        assertThat(judge.counts().disordered()).isOne();
    }

    @Test
    void aBaseSessionMayBeGivenTheSameAgain() {
        long number = judge.sending(ANA, CAL.asAddress(), List.of(CAL), 0, 100, ++ordinal);
        judge.arrived(CAL, ANA, CAL.asAddress(), 0, number);
        judge.arrived(CAL, ANA, CAL.asAddress(), 0, number);

        assertThat(judge.counts().again()).isOne();
        assertThat(judge.counts().doubled()).isZero();
    }
}
