package zap.bench.explain;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class WallClockTest {

    @Test
    void theTwoClocksOfThisMachineAreComparedInTheirOrder() {
        long before = System.nanoTime();
        WallClock wall = WallClock.now();
        Instant now = Instant.now();
        long after = System.nanoTime();
        assertThat(wall.error()).isPositive();
        // Somebody may set the clock of the wall meanwhile; it is not expected to jump by an hour.
        assertThat(wall.toNanoTime(now)).isBetween(before - 3_600_000_000_000L, after + 3_600_000_000_000L);
    }

    @Test
    void aTimeOfTheWallIsConvertedByTheOffset() {
        var clock = new WallClock(1_000_000_000, 5);
        assertThat(clock.toNanoTime(Instant.ofEpochSecond(3, 7))).isEqualTo(2_000_000_007);
    }

    @Test
    void theMedianOfTheDifferencesIsTheOffsetAndNearlyAllOfThemAreWithinTheError() {
        var differences =
                new ArrayList<>(LongStream.rangeClosed(900, 1_100).boxed().toList());
        differences.add(1_000_000L); // one event whose thread was put aside between two clocks
        WallClock clock = new WallClock(0, 1).alignedWith(differences);
        assertThat(clock.offset()).isBetween(999L, 1_002L);
        assertThat(clock.error()).isBetween(95L, 101L);
    }

    @Test
    void withoutDifferencesTheClockStaysAsItIs() {
        var wall = new WallClock(17, 3);
        assertThat(wall.alignedWith(List.of())).isEqualTo(wall);
    }
}
