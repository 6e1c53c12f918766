package zap.server.gateway.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import zap.protocol.HistoryDigest;

class GivenDigestsTest {

    private final GivenDigests digests = new GivenDigests(100);

    @Test
    void aPositionIsTakenWithTheDigestThatWasAddedForIt() {
        add(101, 102, 103);

        assertThat(digests.take(101)).isEqualTo(digestOf(101));
        assertThat(digests.take(102)).isEqualTo(digestOf(102));
        assertThat(digests.take(103)).isEqualTo(digestOf(103));
    }

    @Test
    void whatIsTakenIsGoneWithAllThatCameBefore() {
        add(101, 102, 103, 104);

        assertThat(digests.take(103)).isEqualTo(digestOf(103));
        assertThat(digests.take(103)).isNull();
        assertThat(digests.take(102)).isNull();
        assertThat(digests.take(104)).isEqualTo(digestOf(104));
    }

    @Test
    void whatWasGivenBeforeTheSessionOrIsNotGivenYetHasNone() {
        assertThat(digests.take(100)).isNull();
        assertThat(digests.take(101)).isNull();
        add(101);

        assertThat(digests.take(0)).isNull();
        assertThat(digests.take(100)).isNull();
        assertThat(digests.take(102)).isNull();
        assertThat(digests.take(101)).isEqualTo(digestOf(101));
    }

    @Test
    void manyThatWaitAreAllKept() {
        for (int position = 101; position <= 1100; position++) {
            add(position);
        }

        assertThat(digests.take(1099)).isEqualTo(digestOf(1099));
        assertThat(digests.take(1100)).isEqualTo(digestOf(1100));
    }

    @Test
    void anIdleSessionKeepsLittleHoweverMuchWaitedOnce() {
        for (int position = 101; position <= 1100; position++) {
            add(position);
        }
        assertThat(digests.capacity()).isGreaterThanOrEqualTo(1000);
        digests.take(1100);

        assertThat(digests.capacity()).isLessThanOrEqualTo(8);
        add(1101);
        assertThat(digests.take(1101)).isEqualTo(digestOf(1101));
    }

    /** Adds and takes in every rhythm: it grows while its first is anywhere, and goes round. */
    @Test
    void whateverIsAddedAndTakenEachPositionKeepsItsDigest() {
        for (long seed = 0; seed < 200; seed++) {
            RandomGenerator random =
                    RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            long given = random.nextLong(1_000_000);
            var some = new GivenDigests(given);
            Map<Long, HistoryDigest> waiting = new HashMap<>();
            long last = given;
            for (int step = 0; step < 300; step++) {
                for (int more = random.nextInt(6); more > 0; more--) {
                    last++;
                    HistoryDigest digest = new HistoryDigest(random.nextInt());
                    some.add(digest);
                    waiting.put(last, digest);
                }
                long taken = given + random.nextLong(last - given + 1);
                assertThat(some.take(taken))
                        .as("seed %d, position %d", seed, taken)
                        .isEqualTo(waiting.get(taken));
                waiting.keySet().removeIf(position -> position <= taken);
                given = Math.max(given, taken);
            }
        }
    }

    private void add(int... positions) {
        for (int position : positions) {
            digests.add(digestOf(position));
        }
    }

    private static HistoryDigest digestOf(long position) {
        return new HistoryDigest((int) (31 * position));
    }
}
