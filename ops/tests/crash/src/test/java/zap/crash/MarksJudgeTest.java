package zap.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests which receipts are taken for missing. */
class MarksJudgeTest {

    private static final Set<Long> MESSAGES = Set.of(10L, 11L, 12L, 20L, 21L);

    @Test
    void eachMarkHasItsReceipt() {
        assertThat(judge(10L, 12L, 12L, 21L).missing(List.of(10L, 12L, 12L, 21L)))
                .hasValue(0);
    }

    @Test
    void aReceiptIsLoweredBelowAMessageThatWaited() {
        assertThat(judge(11L, 19L).missing(List.of(12L, 20L))).hasValue(0);
    }

    @Test
    void aMarkThatWasLoweredUntilNothingNewWasLeftHasNone() {
        assertThat(judge(10L, 12L).missing(List.of(10L, 11L, 12L))).hasValue(0);
    }

    @Test
    void theSecondOfTwoEqualMarksMayHaveTheOnlyReceipt() {
        assertThat(judge(10L, 11L).missing(List.of(10L, 11L, 11L))).hasValue(0);
        assertThat(judge(10L, 11L, 12L).missing(List.of(10L, 11L, 11L, 12L))).hasValue(0);
    }

    @Test
    void aMarkBehindWhichNothingCanHaveWaitedMustHaveOne() {
        assertThat(judge(12L, 21L).missing(List.of(12L, 14L, 21L))).hasValue(1);
        assertThat(judge(21L).missing(List.of(21L, 21L))).hasValue(1);
    }

    @Test
    void theLastMarkMustHaveOneToo() {
        assertThat(judge(12L).missing(List.of(12L, 20L, 21L))).hasValue(2);
    }

    @Test
    void aReceiptWithoutAMarkIsNotMissingButWrong() {
        assertThat(judge(10L, 12L).missing(List.of(10L))).isEmpty();
        assertThat(judge(13L).missing(List.of(21L))).isEmpty();
        assertThat(judge(12L, 10L).missing(List.of(10L, 12L))).isEmpty();
    }

    private static MarksJudge judge(Long... receipts) {
        return new MarksJudge(List.of(receipts), MESSAGES);
    }
}
