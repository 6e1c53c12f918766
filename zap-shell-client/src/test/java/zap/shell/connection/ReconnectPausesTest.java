package zap.shell.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests the pauses before attempts to reconnect. */
class ReconnectPausesTest {

    private static final Duration FIRST = Duration.ofMillis(500);
    private static final Duration LONGEST = Duration.ofSeconds(30);

    @Test
    void eachPauseIsBetweenHalfAndAllOfALengthThatDoublesUpToTheLongest() {
        for (int seed = 0; seed < 100; seed++) {
            ReconnectPauses pauses = ReconnectPauses.usual(new Random(seed));
            Duration length = FIRST;
            for (int attempt = 0; attempt < 200; attempt++) {
                assertThat(pauses.next())
                        .as("seed %d, attempt %d", seed, attempt)
                        .isBetween(length.dividedBy(2), length);
                length = length.multipliedBy(2).compareTo(LONGEST) < 0 ? length.multipliedBy(2) : LONGEST;
            }
        }
    }

    @Test
    void afterAConnectionThatWorkedTheFirstPauseIsNext() {
        ReconnectPauses pauses = ReconnectPauses.usual(new Random(1));
        for (int attempt = 0; attempt < 10; attempt++) {
            pauses.next();
        }
        pauses.reset();
        assertThat(pauses.next()).isLessThanOrEqualTo(FIRST);
    }

    @Test
    void clientsDoNotComeBackAllAtOnce() {
        Set<Duration> firstPauses = new HashSet<>();
        for (int seed = 0; seed < 100; seed++) {
            firstPauses.add(ReconnectPauses.usual(new Random(seed)).next());
        }
        assertThat(firstPauses).hasSizeGreaterThan(50);
    }
}
