package zap.bench.explain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import zap.bench.explain.WriterTimeline.Phase;
import zap.bench.explain.WriterTimeline.Step;

class WriterTimelineTest {

    private static RecordedBatch batch(int messages, long firstReceived, long lastReceived, long taken) {
        return new RecordedBatch(
                taken,
                "ALONE",
                1,
                messages,
                0,
                0,
                0,
                0,
                0,
                firstReceived,
                lastReceived,
                taken,
                taken + 1,
                taken + 8,
                taken + 10);
    }

    @Test
    void aStretchIsCutIntoTheStepsOfTheWriterWithoutGaps() {
        RecordedBatch first = batch(1, 5, 9, 10);
        RecordedBatch second = batch(1, 15, 19, 30);
        var timeline = new WriterTimeline(List.of(second, first));
        assertThat(timeline.phases(12, 35))
                .containsExactly(
                        new Phase(12, 18, Step.DATABASE, first),
                        new Phase(18, 20, Step.REPORTING, first),
                        new Phase(20, 30, Step.IDLE, null),
                        new Phase(30, 31, Step.DECIDING, second),
                        new Phase(31, 35, Step.DATABASE, second));
        assertThat(timeline.phases(40, 50)).containsExactly(new Phase(40, 50, Step.IDLE, null));
        assertThat(timeline.phases(0, 5)).containsExactly(new Phase(0, 5, Step.IDLE, null));
    }

    @Test
    void theBatchOfAMessageHoldsOneThatWasReceivedThen() {
        RecordedBatch first = batch(2, 5, 9, 10);
        RecordedBatch confirmations = batch(0, 0, 0, 20);
        RecordedBatch second = batch(2, 15, 25, 30);
        var timeline = new WriterTimeline(List.of(first, confirmations, second));
        assertThat(timeline.storedBetween(7, 100)).isEqualTo(first);
        assertThat(timeline.storedBetween(16, 100)).isEqualTo(second);
        assertThat(timeline.storedBetween(16, 37))
                .as("given before it was stored")
                .isNull();
        assertThat(timeline.storedBetween(12, 100))
                .as("received between the two")
                .isNull();
        assertThat(timeline.storedBetween(50, 100)).isNull();
    }

    @Test
    void theRecordOfAMessageIsTheFirstThatWasReceivedAfterItWasSent() {
        var mail = new RecordedMail();
        var early = new RecordedMail.Mail(10, 20, 21);
        var later = new RecordedMail.Mail(30, 40, 41);
        mail.add(7, later);
        mail.add(7, early);
        mail.sort();
        assertThat(mail.of(new LateMessage(7, 0, 5, 50))).isEqualTo(early);
        assertThat(mail.of(new LateMessage(7, 0, 11, 50))).isEqualTo(later);
        assertThat(mail.of(new LateMessage(7, 0, 11, 39)))
                .as("arrived before it was in hand")
                .isNull();
        assertThat(mail.of(new LateMessage(7, 0, 31, 50))).isNull();
        assertThat(mail.of(new LateMessage(8, 0, 5, 50)))
                .as("another recipient")
                .isNull();
    }
}
