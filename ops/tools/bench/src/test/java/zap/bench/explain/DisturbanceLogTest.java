package zap.bench.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class DisturbanceLogTest {

    private static List<Disturbance> in(DisturbanceLog log, long from, long to) {
        var found = new ArrayList<Disturbance>();
        log.forEachIn(from, to, found::add);
        return found;
    }

    private static Disturbance one(long from, long to) {
        return new Disturbance(from, to, "");
    }

    @Test
    void touchingAtAnEndIsNoTimeInCommon() {
        var log = new DisturbanceLog(List.of(one(10, 20)));
        assertThat(in(log, 0, 10)).isEmpty();
        assertThat(in(log, 20, 30)).isEmpty();
        assertThat(in(log, 0, 11)).hasSize(1);
        assertThat(in(log, 19, 30)).hasSize(1);
    }

    @Test
    void aLongOneThatBeganEarlyIsFoundBehindShortOnes() {
        var log = new DisturbanceLog(List.of(one(50, 55), one(0, 100), one(10, 12)));
        assertThat(in(log, 60, 70)).containsExactly(one(0, 100));
        assertThat(in(log, 11, 51)).containsExactly(one(0, 100), one(10, 12), one(50, 55));
    }

    @Test
    void timeThatIsCoveredTwiceCountsOnce() {
        var log = new DisturbanceLog(List.of(one(0, 10), one(5, 20), one(30, 40), one(32, 35)));
        assertThat(log.covered(0, 100)).isEqualTo(30);
        assertThat(log.covered(8, 33)).isEqualTo(15);
        assertThat(log.covered(20, 30)).isZero();
        assertThat(DisturbanceLog.EMPTY.covered(0, 100)).isZero();
    }

    @Test
    void anEndBeforeTheBeginIsAMistake() {
        assertThatThrownBy(() -> one(2, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whateverIsInItItFindsWhatASearchOfAllFinds() {
        long seed = RandomGenerator.getDefault().nextLong();
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int round = 0; round < 500; round++) {
            var all = new ArrayList<Disturbance>();
            for (int n = random.nextInt(12); n > 0; n--) {
                long from = random.nextLong(60);
                all.add(one(from, from + random.nextLong(30)));
            }
            var log = new DisturbanceLog(all);
            long from = random.nextLong(60);
            long to = from + random.nextLong(40);
            assertThat(in(log, from, to))
                    .as("seed %s, round %s", seed, round)
                    .containsExactlyInAnyOrderElementsOf(all.stream()
                            .filter(one -> one.from() < to && one.to() > from)
                            .toList());
            assertThat(log.touches(from, to)).isEqualTo(!in(log, from, to).isEmpty());
            assertThat(log.covered(from, to))
                    .as("seed %s, round %s", seed, round)
                    .isEqualTo(LongStream.range(from, to)
                            .filter(moment -> all.stream().anyMatch(one -> one.from() <= moment && moment < one.to()))
                            .count());
        }
    }
}
