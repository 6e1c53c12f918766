package zap.bench.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DeliveryCheckTest {

    private final DeliveryCheck check = new DeliveryCheck();

    private void arrive(long... sequences) {
        for (long sequence : sequences) {
            check.arrived(sequence);
        }
    }

    private void expect(long sent, long lost, long doubled, long outOfOrder) {
        assertThat(List.of(check.lost(sent), check.doubled(), check.outOfOrder()))
                .containsExactly(lost, doubled, outOfOrder);
    }

    @Test
    void eachOnceAndInOrderIsAllWell() {
        arrive(1, 2, 3, 4);
        expect(4, 0, 0, 0);
    }

    @Test
    void whatDidNotComeIsLostWhereverItIsMissing() {
        arrive(2, 3, 5);
        expect(7, 4, 0, 0);
    }

    @Test
    void whatComesAgainIsDoubledAndHidesNoLoss() {
        assertThat(check.arrived(1)).isTrue();
        assertThat(check.arrived(1)).isFalse();
        arrive(2, 2, 2, 4);
        expect(4, 1, 3, 0);
    }

    @Test
    void whatComesLateIsOutOfOrderAndNotLost() {
        arrive(1, 4, 2, 3, 5);
        expect(5, 0, 0, 2);
    }

    @Test
    void whatComesLateAndThenAgainIsDoubled() {
        arrive(1, 5, 3, 3, 2, 4, 4);
        expect(5, 0, 2, 3);
    }

    /** The ranges of what is missing against a set that simply remembers everything. */
    @Test
    void itJudgesAsOneDoesThatRemembersEverything() {
        long seed = Long.getLong("zap.seed", System.nanoTime());
        var random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            var check = new DeliveryCheck();
            int sent = 1 + random.nextInt(40);
            List<Long> arrivals = arrivals(random, sent);
            Set<Long> seen = new HashSet<>();
            long newest = 0;
            long doubled = 0;
            long outOfOrder = 0;
            for (long sequence : arrivals) {
                if (!seen.add(sequence)) {
                    doubled++;
                } else if (sequence < newest) {
                    outOfOrder++;
                }
                newest = Math.max(newest, sequence);
                check.arrived(sequence);
            }
            assertThat(List.of(check.arrived(), check.lost(sent), check.doubled(), check.outOfOrder()))
                    .as("-Dzap.seed=%d, round %d: %s", seed, round, arrivals)
                    .containsExactly((long) seen.size(), (long) sent - seen.size(), doubled, outOfOrder);
        }
    }

    private static List<Long> arrivals(Random random, int sent) {
        var arrivals = new ArrayList<Long>();
        for (long sequence = 1; sequence <= sent; sequence++) {
            for (int copies = random.nextInt(10) < 7 ? 1 : random.nextInt(3); copies > 0; copies--) {
                arrivals.add(random.nextInt(5) == 0 ? random.nextInt(arrivals.size() + 1) : arrivals.size(), sequence);
            }
        }
        return arrivals;
    }
}
