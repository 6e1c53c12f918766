package zap.bench.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Recorder;
import org.junit.jupiter.api.Test;

class FlowTest {

    private static final int LENGTH = 100;

    private final Recorder latency = new Recorder(3);
    private final List<Long> sent = new ArrayList<>();
    private final MessageText text = new MessageText(1, 2, LENGTH);

    private Flow flow(int recipients, Flow.Until until) {
        var flow = new Flow(text, recipients, until, latency);
        flow.sendsWith((sequence, nanos) -> sent.add(sequence));
        return flow;
    }

    private byte[] message(long sequence, long nanos) {
        byte[] bytes = text.bytes();
        MessageText.number(bytes, 0, sequence, nanos);
        return bytes;
    }

    private void arrives(Flow flow, int seat, long sequence) {
        flow.received(seat, message(sequence, 1_000), 0, LENGTH, 4_000);
    }

    @Test
    void asManyAreInFlightAsTheWindowSays() {
        Flow flow = flow(1, Flow.Until.DELIVERED);
        flow.start(3, Long.MAX_VALUE);
        assertThat(sent).containsExactly(1L, 2L, 3L);
        arrives(flow, 0, 1);
        assertThat(sent).containsExactly(1L, 2L, 3L, 4L);
        flow.stop();
        arrives(flow, 0, 2);
        assertThat(sent).hasSize(4);
        assertThat(flow.isComplete()).isFalse();
        arrives(flow, 0, 3);
        arrives(flow, 0, 4);
        assertThat(flow.isComplete()).isTrue();
        assertThat(flow.verdict().isClean()).isTrue();
    }

    @Test
    void inAGroupTheLastOneMakesRoom() {
        Flow flow = flow(3, Flow.Until.DELIVERED);
        flow.start(1, Long.MAX_VALUE);
        arrives(flow, 0, 1);
        arrives(flow, 2, 1);
        assertThat(sent).containsExactly(1L);
        arrives(flow, 1, 1);
        assertThat(sent).containsExactly(1L, 2L);
        assertThat(flow.verdict()).isEqualTo(new Verdict(2, 6, 3, 0, 0, 0, 0));
    }

    @Test
    void whatIsAcceptedMakesRoomWhereThatIsAskedFor() {
        Flow flow = flow(1, Flow.Until.ACCEPTED);
        flow.start(2, 5);
        arrives(flow, 0, 1);
        assertThat(sent).hasSize(2);
        flow.accepted(2);
        flow.accepted(1);
        assertThat(sent).hasSize(4);
        flow.accepted(4);
        assertThat(sent).containsExactly(1L, 2L, 3L, 4L, 5L);
    }

    @Test
    void whatComesAgainMakesNoRoomAndIsNoDelivery() {
        Flow flow = flow(1, Flow.Until.DELIVERED);
        flow.start(1, Long.MAX_VALUE);
        arrives(flow, 0, 1);
        arrives(flow, 0, 1);
        assertThat(sent).containsExactly(1L, 2L);
        assertThat(flow.delivered()).isEqualTo(1);
        assertThat(flow.verdict().doubled()).isEqualTo(1);
        assertThat(latency.getIntervalHistogram().getTotalCount()).isEqualTo(1);
    }

    @Test
    void anotherTextIsAChangedOne() {
        Flow flow = flow(1, Flow.Until.DELIVERED);
        flow.start(1, Long.MAX_VALUE);
        byte[] bytes = message(1, 0);
        bytes[LENGTH - 1] = '?';
        flow.received(0, bytes, 0, LENGTH, 0);
        assertThat(flow.verdict()).isEqualTo(new Verdict(1, 1, 1, 0, 0, 1, 0));
    }

    @Test
    void whatWasNotSentOrCameToItsSenderIsAtTheWrongPlace() {
        Flow flow = flow(1, Flow.Until.DELIVERED);
        flow.start(1, 1);
        arrives(flow, 0, 2);
        arrives(flow, User.SENDER, 1);
        assertThat(flow.verdict().strayed()).isEqualTo(2);
        assertThat(flow.verdict().isClean()).isFalse();
    }

    @Test
    void latencyIsFromTheMomentInTheTextToTheArrival() {
        Flow flow = flow(1, Flow.Until.DELIVERED);
        flow.start(1, 1);
        arrives(flow, 0, 1);
        assertThat(latency.getIntervalHistogram().getMaxValue()).isBetween(2_999L, 3_001L);
    }
}
