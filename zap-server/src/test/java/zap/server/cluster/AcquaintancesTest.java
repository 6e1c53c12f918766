package zap.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class AcquaintancesTest {

    private static final Duration GONE_AFTER = Duration.ofSeconds(5);
    private static final Node OTHER = new Node(2, "another machine, process 1", null);

    private final Acquaintances acquaintances = new Acquaintances(GONE_AFTER);

    private static long second(double seconds) {
        return (long) (seconds * 1e9);
    }

    @Test
    void aNodeThatHasSeenNobodyIsAloneAndNeverCutOff() {
        assertThat(acquaintances.isAlone(second(1))).isTrue();
        acquaintances.seen(List.of(), second(1));
        assertThat(acquaintances.isAlone(second(2))).isTrue();
        assertThat(acquaintances.isCutOff(second(1000))).isFalse();
    }

    @Test
    void withAnotherNodeItIsNotAlone() {
        acquaintances.seen(List.of(OTHER), second(1));
        assertThat(acquaintances.others()).containsExactly(OTHER);
        assertThat(acquaintances.isAlone(second(2))).isFalse();
    }

    @Test
    void aNodeThatHasLeftMayStillHaveStoredForSomeTime() {
        acquaintances.seen(List.of(OTHER), second(1));
        acquaintances.seen(List.of(), second(2));
        assertThat(acquaintances.others()).isEmpty();
        assertThat(acquaintances.isAlone(second(11))).isFalse();
        assertThat(acquaintances.isAlone(second(11.1))).isTrue();
    }

    @Test
    void withoutAnAnswerOfTheDatabaseItCountsAsGoneLikeAnyOther() {
        acquaintances.seen(List.of(OTHER), second(1));
        assertThat(acquaintances.isCutOff(second(6))).isFalse();
        assertThat(acquaintances.isCutOff(second(6.1))).isTrue();
        acquaintances.seen(List.of(OTHER), second(7));
        assertThat(acquaintances.isCutOff(second(7.1))).isFalse();
    }

    @Test
    void aNodeWhoseOthersHaveLeftHasNobodyToSendItsClientsTo() {
        acquaintances.seen(List.of(OTHER), second(1));
        acquaintances.seen(List.of(), second(2));
        assertThat(acquaintances.isCutOff(second(100))).isFalse();
    }
}
