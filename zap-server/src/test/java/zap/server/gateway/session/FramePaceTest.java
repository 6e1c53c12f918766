package zap.server.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class FramePaceTest {

    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    private static final long START = -7 * SECOND; // nanoTime may be anything

    private final FramePace pace = new FramePace(100, START);

    @Test
    void whatIsSentWithinASecondMayComeAtOnce() {
        assertThat(pace.taken(100, START)).isLessThanOrEqualTo(0);
        assertThat(pace.taken(1, START)).isEqualTo(SECOND / 100);
    }

    @Test
    void whoKeepsThePaceNeverWaits() {
        long now = START;
        for (int i = 0; i < 10_000; i++) {
            assertThat(pace.taken(1, now)).isLessThanOrEqualTo(0);
            now += SECOND / 100;
        }
    }

    @Test
    void whoIsFasterIsHeldToThePace() {
        long now = START;
        for (int i = 0; i < 1_000; i++) {
            now += Math.max(0, pace.taken(10, now));
        }
        // 10,000 frames at 100 a second, but for the first hundred.
        assertThat(now - START).isEqualTo(99 * SECOND);
    }

    @Test
    void silenceSavesUpNoMoreThanASecond() {
        long later = START + 1_000 * SECOND;
        assertThat(pace.taken(200, later)).isEqualTo(SECOND);
    }
}
