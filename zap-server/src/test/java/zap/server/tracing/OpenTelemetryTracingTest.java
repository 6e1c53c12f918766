package zap.server.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.server.tracing.MessageTrace.Entry;

class OpenTelemetryTracingTest {

    private static final ClientId ANA = new ClientId(1000000000017L);
    private static final ClientId BOB = new ClientId(1739250018846L);
    private static final ClientId EVA = new ClientId(1900000000001L);
    private static final String SECRET = "the parrot sings at noon";
    private static final Frame.Send MESSAGE =
            new Frame.Send(ANA, BOB.asAddress(), new PosixTime(1795372030), Body.of(SECRET));
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00.123456789Z");

    private final List<SpanData> spans = new CopyOnWriteArrayList<>();
    private final SdkTracerProvider provider = SdkTracerProvider.builder()
            .addSpanProcessor(SimpleSpanProcessor.create(new Kept()))
            .build();
    private double random;
    private final OpenTelemetryTracing tracing =
            new OpenTelemetryTracing(provider.get("zap"), Clock.fixed(NOW, ZoneOffset.UTC), 0.25, () -> random, 3);

    @AfterEach
    void close() {
        provider.close();
    }

    @Test
    void eachStageIsTheChildOfTheOneBeforeAndBeginsWhereThatEnds() {
        MessageTrace trace = begin();
        trace.transactionBegins();
        trace.committed(7, List.of(new Entry(BOB.value(), 41)));
        tracing.written(12, BOB, 40, 42);
        tracing.confirmed(BOB.value(), 41);

        assertThat(spans).extracting(SpanData::getName).containsExactly("read", "commit", "deliver", "confirm");
        assertThat(spans)
                .extracting(SpanData::getTraceId)
                .containsOnly(spans.getFirst().getTraceId());
        assertThat(spans.getFirst().getParentSpanContext().isValid()).isFalse();
        for (int i = 1; i < spans.size(); i++) {
            assertThat(spans.get(i).getParentSpanId())
                    .isEqualTo(spans.get(i - 1).getSpanId());
            assertThat(spans.get(i).getStartEpochNanos())
                    .isEqualTo(spans.get(i - 1).getEndEpochNanos());
            assertThat(spans.get(i).getEndEpochNanos())
                    .isGreaterThanOrEqualTo(spans.get(i).getStartEpochNanos());
        }
    }

    @Test
    void theFirstStageEndsNowAndBeginsWhenTheFrameCame() {
        long now = System.nanoTime();
        random = 0;
        tracing.begin(5, ANA, MESSAGE, now - TimeUnit.MINUTES.toNanos(2));

        SpanData read = spans.getFirst();
        assertThat(read.getEndEpochNanos()).isEqualTo(TimeUnit.SECONDS.toNanos(NOW.getEpochSecond()) + NOW.getNano());
        assertThat(read.getEndEpochNanos() - read.getStartEpochNanos())
                .isGreaterThanOrEqualTo(TimeUnit.MINUTES.toNanos(2));
    }

    @Test
    void theSpansHaveIdsKindsAndSizesAndNoText() {
        MessageTrace trace = begin();
        trace.transactionBegins();
        trace.transactionBegins();
        trace.committed(7, List.of(new Entry(BOB.value(), 41)));
        tracing.written(12, BOB, 41, 41);
        tracing.confirmed(BOB.value(), 41);

        assertThat(attributes("read"))
                .containsExactlyInAnyOrder(
                        "zap.session=5",
                        "zap.client=" + ANA,
                        "zap.dst=" + BOB,
                        "zap.frame=SEND",
                        "zap.text.bytes=" + SECRET.length());
        assertThat(attributes("commit"))
                .containsExactlyInAnyOrder("zap.batch.size=7", "zap.batch.attempts=2", "zap.entries=1");
        assertThat(span("commit").getEvents()).extracting(EventData::getName).containsExactly("transaction begins");
        assertThat(attributes("deliver"))
                .containsExactlyInAnyOrder("zap.session=12", "zap.client=" + BOB, "zap.position=41");
        assertThat(attributes("confirm"))
                .containsExactlyInAnyOrder("zap.session=12", "zap.client=" + BOB, "zap.position=41");
        assertThat(spans.toString()).doesNotContain(SECRET).doesNotContain("parrot");
    }

    @Test
    void eachRecipientHasADeliveryOfItsOwn() {
        MessageTrace trace = begin();
        trace.transactionBegins();
        trace.committed(1, List.of(new Entry(BOB.value(), 1), new Entry(EVA.value(), 9)));
        tracing.written(12, EVA, 9, 9);
        tracing.confirmed(EVA.value(), 9);
        assertThat(spans).extracting(SpanData::getName).containsExactly("read", "commit", "deliver", "confirm");
        assertThat(attributes("deliver")).contains("zap.client=" + EVA);

        tracing.written(13, BOB, 1, 1);
        tracing.confirmed(BOB.value(), 1);
        assertThat(spans).filteredOn(span -> span.getName().equals("deliver")).hasSize(2);
        assertThat(spans)
                .filteredOn(span -> span.getName().equals("deliver"))
                .extracting(SpanData::getParentSpanId)
                .containsOnly(span("commit").getSpanId());
        assertThat(tracing.tracedEntries()).isZero();
    }

    @Test
    void aRefusalIsTheEndAndSaysWhy() {
        MessageTrace trace = begin();
        trace.transactionBegins();
        trace.refused(Reason.UNKNOWN_CLIENT);

        assertThat(spans).extracting(SpanData::getName).containsExactly("read", "commit");
        assertThat(attributes("commit")).contains("zap.reason=UNKNOWN_CLIENT");
        assertThat(tracing.tracedEntries()).isZero();
    }

    @Test
    void whatWasCutOffIsWrittenAgainAndConfirmedOnce() {
        begin().committed(1, List.of(new Entry(BOB.value(), 41)));
        tracing.written(12, BOB, 41, 41);
        tracing.written(13, BOB, 38, 50);
        tracing.confirmed(BOB.value(), 50);

        assertThat(spans).extracting(SpanData::getName).containsExactly("read", "commit", "deliver", "confirm");
        assertThat(span("confirm").getEvents()).extracting(EventData::getName).containsExactly("written again");
        assertThat(attributes("deliver")).contains("zap.session=12");
        assertThat(attributes("confirm")).contains("zap.session=13");
    }

    @Test
    void aConfirmationThatIsQuickerThanTheWriterOfTheMailIsNotLost() {
        begin().committed(1, List.of(new Entry(BOB.value(), 41)));
        tracing.confirmed(BOB.value(), 41);
        tracing.written(12, BOB, 41, 41);

        assertThat(spans).extracting(SpanData::getName).containsExactly("read", "commit", "deliver", "confirm");
    }

    @Test
    void otherMailIsNoneOfItsBusiness() {
        begin().committed(1, List.of(new Entry(BOB.value(), 41)));
        tracing.written(12, BOB, 1, 40);
        tracing.written(12, BOB, 42, 50);
        tracing.written(12, EVA, 41, 41);
        tracing.confirmed(BOB.value(), 40);
        tracing.confirmed(EVA.value(), 41);

        assertThat(spans).extracting(SpanData::getName).containsExactly("read", "commit");
        assertThat(tracing.tracedEntries()).isOne();
    }

    @Test
    void whenTooManyWaitTheOldestIsNotFollowedAnyFurther() {
        for (int position = 1; position <= 5; position++) {
            begin().committed(1, List.of(new Entry(BOB.value(), position)));
        }

        assertThat(tracing.tracedEntries()).isEqualTo(3);
        assertThat(spans)
                .filteredOn(span -> span.getName().equals("deliver"))
                .extracting(span -> span.getAttributes().get(OpenTelemetryTracing.POSITION))
                .containsExactly(1L, 2L);
        assertThat(span("deliver").getEvents())
                .extracting(EventData::getName)
                .containsExactly("not followed any further");
    }

    @Test
    void whatIsUnderWayIsSeenWhenTheServerStops() {
        begin().committed(1, List.of(new Entry(BOB.value(), 1), new Entry(EVA.value(), 1)));
        tracing.written(12, EVA, 1, 1);
        tracing.close();

        assertThat(tracing.tracedEntries()).isZero();
        assertThat(spans)
                .extracting(SpanData::getName)
                .containsExactlyInAnyOrder("read", "commit", "deliver", "deliver", "confirm");
    }

    @Test
    void asManyAreFollowedAsWereAskedFor() {
        random = 0.25;
        assertThat(tracing.begin(5, ANA, MESSAGE, System.nanoTime())).isNull();
        random = 0.2499;
        assertThat(tracing.begin(5, ANA, MESSAGE, System.nanoTime())).isNotNull();
        assertThat(spans).hasSize(1);
    }

    private MessageTrace begin() {
        random = 0;
        return tracing.begin(5, ANA, MESSAGE, System.nanoTime());
    }

    private SpanData span(String stage) {
        return spans.stream()
                .filter(span -> span.getName().equals(stage))
                .findFirst()
                .orElseThrow();
    }

    private List<String> attributes(String stage) {
        return span(stage).getAttributes().asMap().entrySet().stream()
                .map(entry -> ((AttributeKey<?>) entry.getKey()).getKey() + "=" + entry.getValue())
                .toList();
    }

    private final class Kept implements SpanExporter {

        @Override
        public CompletableResultCode export(Collection<SpanData> ended) {
            spans.addAll(ended);
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }
}
