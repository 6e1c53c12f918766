package zap.server.gateway.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import zap.protocol.HistoryDigest;

class WrittenMailTest {

    private final WrittenMail mail = new WrittenMail();

    @Test
    void whatIsAcknowledgedIsTakenOutFromTheOldestOn() {
        mail.add(3, new HistoryDigest(3), 300, 1);
        mail.add(5, new HistoryDigest(5), 500, 2);
        mail.add(9, new HistoryDigest(9), 900, 3);

        assertThat(mail.takeDelivered(299, 10)).isNull();
        assertThat(mail.takeDelivered(700, 10)).satisfies(part -> {
            assertThat(part.position()).isEqualTo(5);
            assertThat(part.digest()).isEqualTo(new HistoryDigest(5));
            assertThat(part.writtenNanos()).isEqualTo(2);
        });
        assertThat(mail.takeDelivered(700, 10)).isNull();
        assertThat(mail.oldest()).extracting(UndeliveredMail.Part::position).isEqualTo(9L);
        assertThat(mail.lastPosition()).isEqualTo(9);
        assertThat(mail.takeDelivered(900, 10))
                .extracting(UndeliveredMail.Part::position)
                .isEqualTo(9L);
        assertThat(mail.isEmpty()).isTrue();
        assertThat(mail.oldest()).isNull();
    }

    @Test
    void itIsUsableAgainWhenItWasEmptyOrForgotten() {
        mail.add(1, new HistoryDigest(1), 100, 1);
        mail.takeDelivered(100, 10);
        mail.add(2, new HistoryDigest(2), 200, 2);
        mail.clear();
        assertThat(mail.isEmpty()).isTrue();
        assertThat(mail.lastPosition()).isZero();
        mail.add(3, new HistoryDigest(3), 300, 3);
        assertThat(mail.takeDelivered(1_000, 10))
                .extracting(UndeliveredMail.Part::position)
                .isEqualTo(3L);
    }

    /** However many writes: the newest share a part, and none of them counts before the last one does. */
    @Test
    void manyWritesTakeNoMoreRoomAndAreNotConfirmedTooEarly() {
        int writes = 1_000_000;
        for (int i = 1; i <= writes; i++) {
            mail.add(i, new HistoryDigest(i), i * 25L, i);
        }
        int parts = 0;
        long last = 0;
        for (int i = 1; i <= writes; i++) {
            UndeliveredMail.Part part = mail.takeDelivered(i * 25L, 10);
            if (part != null) {
                parts++;
                assertThat(part.position()).isEqualTo(i);
                assertThat(part.digest()).isEqualTo(new HistoryDigest(i));
                last = part.position();
            }
        }
        assertThat(parts).isBetween(2, 1_000);
        assertThat(last).isEqualTo(writes);
        assertThat(mail.isEmpty()).isTrue();
    }
}
