package zap.server.gateway.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class AcknowledgementPaceTest {

    private final AcknowledgementPace pace = new AcknowledgementPace();

    /** Returns the number of questions until an acknowledgement is noticed that comes this long after the write. */
    private int questions(long acknowledgedAfterMillis) {
        long written = 12_345;
        long due = written + TimeUnit.MILLISECONDS.toNanos(acknowledgedAfterMillis);
        long now = written;
        int questions = 1; // the one just after the write
        while (now < due) {
            now += pace.nanosToWait(written, now);
            questions++;
        }
        pace.acknowledged(written, now);
        return questions;
    }

    @Test
    void theFirstTimeItAsksSoonAndOften() {
        assertThat(TimeUnit.NANOSECONDS.toMillis(pace.nanosToWait(0, 0))).isEqualTo(1);
        assertThat(questions(45)).isBetween(5, 15);
    }

    @Test
    void itLearnsHowLongAPeerTakes() {
        for (int i = 0; i < 50; i++) {
            questions(45);
        }
        for (int i = 0; i < 50; i++) {
            assertThat(questions(45)).isLessThanOrEqualTo(4);
        }
    }

    @Test
    void itLearnsThatAPeerHasBecomeFaster() {
        for (int i = 0; i < 50; i++) {
            questions(10_000);
        }
        for (int i = 0; i < 50; i++) {
            questions(0);
        }
        assertThat(TimeUnit.NANOSECONDS.toMillis(pace.nanosToWait(0, 0))).isEqualTo(1);
    }

    @Test
    void itNoticesAfterHalfAsMuchTimeAgainAtTheMost() {
        for (long took : new long[] {2, 45, 300, 1_500, 2, 45}) {
            long due = TimeUnit.MILLISECONDS.toNanos(took);
            long now = 0;
            while (now < due) {
                now += pace.nanosToWait(0, now);
            }
            pace.acknowledged(0, now);
            assertThat(now).isLessThanOrEqualTo(due + Math.max(due / 2, TimeUnit.MILLISECONDS.toNanos(200)));
        }
    }

    @Test
    void whoHasVanishedIsAskedAboutOnceASecond() {
        assertThat(pace.nanosToWait(0, TimeUnit.MINUTES.toNanos(1))).isEqualTo(TimeUnit.SECONDS.toNanos(1));
    }
}
