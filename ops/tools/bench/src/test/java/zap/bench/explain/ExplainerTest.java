package zap.bench.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Times are milliseconds here, though the explanation calls them nanoseconds: it only adds and compares them. */
class ExplainerTest {

    private static final long BOB = 7;

    /** A message that is due at 0 and sent and received at once: its batch takes 30 to 60, and it arrives at 70. */
    private static final LateMessage MESSAGE = new LateMessage(BOB, 0, 0, 70);

    private static final RecordedBatch OWN = batch(2, 3, 0, 5, 40, 45, 60, 62);

    private final List<RecordedBatch> batches = new ArrayList<>(List.of(OWN));
    private final Map<Cause, DisturbanceLog> disturbances = new EnumMap<>(Cause.class);
    private final RecordedMail mail = new RecordedMail();

    ExplainerTest() {
        mail.add(BOB, new RecordedMail.Mail(5, 64, 66));
    }

    /** A batch of this number, with its messages, confirmations, and the four times of its steps. */
    private static RecordedBatch batch(
            long number,
            int messages,
            int confirmations,
            long received,
            long taken,
            long storing,
            long stored,
            long reported) {
        return new RecordedBatch(
                number,
                "ALONE",
                1,
                messages,
                confirmations,
                0,
                confirmations,
                confirmations,
                218L * messages,
                received,
                received,
                taken,
                storing,
                stored,
                reported);
    }

    private void saw(Cause cause, long from, long to) {
        disturbances.put(cause, new DisturbanceLog(List.of(new Disturbance(from, to, cause.name()))));
    }

    private Diagnosis explain(LateMessage message) {
        mail.sort();
        return new Explainer(new WriterTimeline(batches), mail, disturbances).explain(message);
    }

    private Map<Cause, Long> causes() {
        return explain(MESSAGE).causes();
    }

    @Test
    void withoutAnyDisturbanceEachLegIsItsOwnExplanation() {
        Diagnosis diagnosis = explain(MESSAGE);
        assertThat(diagnosis.legs())
                .containsOnly(
                        entry(Leg.TO_SERVER, 5L),
                        entry(Leg.QUEUE, 35L),
                        entry(Leg.DECIDING, 5L),
                        entry(Leg.DATABASE, 15L),
                        entry(Leg.REPORTING, 2L),
                        entry(Leg.OUTBOX, 2L),
                        entry(Leg.WRITING, 2L),
                        entry(Leg.TO_RECIPIENT, 4L));
        assertThat(diagnosis.causes())
                .containsOnly(
                        entry(Cause.UNKNOWN_TO_SERVER, 5L),
                        entry(Cause.UNKNOWN_IN_QUEUE, 35L),
                        entry(Cause.WRITER_DECIDES, 5L),
                        entry(Cause.OWN_STATEMENT, 15L),
                        entry(Cause.WRITER_REPORTS, 2L),
                        entry(Cause.UNKNOWN_IN_OUTBOX, 2L),
                        entry(Cause.SOCKET_WRITE, 2L),
                        entry(Cause.UNKNOWN_TO_RECIPIENT, 4L));
        assertThat(diagnosis.main()).isEqualTo(Cause.UNKNOWN_IN_QUEUE);
    }

    @Test
    void aMessageInTheQueueWaitsForTheBatchAhead() {
        batches.add(batch(1, 4, 1, 3, 6, 8, 38, 40));
        Diagnosis diagnosis = explain(MESSAGE);
        assertThat(diagnosis.causes())
                .contains(
                        entry(Cause.UNKNOWN_IN_QUEUE, 1L),
                        entry(Cause.STATEMENT_AHEAD, 30L),
                        entry(Cause.WRITER_DECIDES, 2L + 5),
                        entry(Cause.WRITER_REPORTS, 2L + 2));
        assertThat(diagnosis.main()).isEqualTo(Cause.STATEMENT_AHEAD);
        assertThat(diagnosis.seen().get(Cause.STATEMENT_AHEAD).detail())
                .startsWith("batch 1: 4 messages (872 bytes), 1 confirmations, 1 receipts");
    }

    @Test
    void aBatchOfConfirmationsAheadIsSaidToBeOne() {
        batches.add(batch(1, 0, 90, 0, 6, 8, 38, 40));
        assertThat(causes())
                .contains(entry(Cause.STATEMENT_OF_CONFIRMATIONS, 30L))
                .doesNotContainKey(Cause.STATEMENT_AHEAD);
    }

    @Test
    void severalBatchesAheadAreAddedUp() {
        batches.add(batch(0, 2, 0, 1, 2, 6, 16, 17));
        batches.add(batch(1, 0, 9, 0, 17, 18, 38, 40));
        assertThat(causes())
                .contains(entry(Cause.STATEMENT_AHEAD, 10L), entry(Cause.STATEMENT_OF_CONFIRMATIONS, 20L))
                .doesNotContainKey(Cause.UNKNOWN_IN_QUEUE);
    }

    @Test
    void timeInTheDatabaseBelongsToWhatTheBackendWaitedFor() {
        saw(Cause.WAL_FLUSH, 47, 57);
        assertThat(causes()).contains(entry(Cause.WAL_FLUSH, 10L), entry(Cause.OWN_STATEMENT, 5L));
    }

    @Test
    void aWaitOfTheBackendExplainsTheQueueBehindItsBatchToo() {
        batches.add(batch(1, 4, 0, 3, 6, 8, 38, 40));
        saw(Cause.WAL_FLUSH, 10, 38);
        Diagnosis diagnosis = explain(MESSAGE);
        assertThat(diagnosis.causes()).contains(entry(Cause.WAL_FLUSH, 28L), entry(Cause.STATEMENT_AHEAD, 2L));
        assertThat(diagnosis.main()).isEqualTo(Cause.WAL_FLUSH);
        assertThat(diagnosis.seen().get(Cause.WAL_FLUSH)).isEqualTo(new Disturbance(10, 38, "WAL_FLUSH"));
    }

    @Test
    void whatTheDatabaseWaitsForExplainsNothingOutsideOfIt() {
        saw(Cause.WAL_FLUSH, 0, 45);
        saw(Cause.DATABASE_LOCK, 60, 90);
        assertThat(causes()).doesNotContainKeys(Cause.WAL_FLUSH, Cause.DATABASE_LOCK);
    }

    @Test
    void withMarksOfTheBackendTheStatementGetsTheTimeInWhichItRan() {
        saw(Cause.BACKEND_RUNS, 46, 52);
        assertThat(causes())
                .contains(entry(Cause.OWN_STATEMENT, 6L), entry(Cause.DATABASE_UNSEEN, 9L))
                .doesNotContainKey(Cause.BACKEND_RUNS);
    }

    @Test
    void aBackendThatIsReadyWaitsForAProcessorWhateverItSays() {
        saw(Cause.WAL_FLUSH, 45, 60);
        saw(Cause.BACKEND_QUEUED, 50, 60);
        assertThat(causes()).contains(entry(Cause.WAL_FLUSH, 5L), entry(Cause.BACKEND_QUEUED, 10L));
    }

    @Test
    void aCollectionExplainsItsTimeWhereverTheMessageIsInTheServer() {
        saw(Cause.SERVER_GC, 2, 65);
        saw(Cause.SERVER_SAFEPOINT, 1, 66);
        assertThat(causes())
                .containsOnly(
                        entry(Cause.UNKNOWN_TO_SERVER, 1L),
                        entry(Cause.SERVER_SAFEPOINT, 1L + 1),
                        entry(Cause.SERVER_GC, 63L),
                        entry(Cause.UNKNOWN_TO_RECIPIENT, 4L));
    }

    @Test
    void aServerThatIsStoppedExplainsEverythingInIt() {
        saw(Cause.SERVER_STOPPED, 0, 70);
        assertThat(causes()).containsOnly(entry(Cause.SERVER_STOPPED, 70L));
    }

    @Test
    void theGeneratorsOwnPausesAreItsOwn() {
        saw(Cause.GENERATOR_PAUSED, 0, 70);
        Diagnosis late = explain(new LateMessage(BOB, 0, 4, 70));
        assertThat(late.causes()).contains(entry(Cause.GENERATOR_PAUSED, 4L + 1 + 4));
        assertThat(late.legs()).contains(entry(Leg.SENDING, 4L));
    }

    @Test
    void aMessageThatIsSentLateIsTheGeneratorsAffair() {
        saw(Cause.SERVER_GC, 0, 4);
        saw(Cause.GENERATOR_QUEUED, 0, 3);
        assertThat(explain(new LateMessage(BOB, 0, 4, 70)).causes())
                .contains(entry(Cause.GENERATOR_QUEUED, 3L), entry(Cause.GENERATOR_SENT_LATE, 1L))
                .doesNotContainKey(Cause.SERVER_GC);
    }

    @Test
    void withoutARecordOfTheMessageTheWritersBatchesStillExplain() {
        batches.add(batch(1, 4, 0, 3, 6, 8, 38, 40));
        saw(Cause.WAL_FLUSH, 20, 38);
        Diagnosis stranger = explain(new LateMessage(8, 0, 0, 70));
        assertThat(stranger.legs()).containsOnly(entry(Leg.SERVER, 70L));
        assertThat(stranger.causes()).contains(entry(Cause.WAL_FLUSH, 18L), entry(Cause.STATEMENT_AHEAD, 12L + 15));
    }

    @Test
    void withoutAnyRecordingEverythingIsUnknownButThePauses() {
        batches.clear();
        saw(Cause.SERVER_STOPPED, 10, 20);
        assertThat(explain(new LateMessage(8, 0, 0, 70)).causes())
                .containsOnly(entry(Cause.SERVER_STOPPED, 10L), entry(Cause.UNKNOWN_IN_SERVER, 60L));
    }

    @Test
    void aRecordWithoutItsBatchIsUnknownInTheServer() {
        batches.clear();
        assertThat(causes())
                .containsOnly(
                        entry(Cause.UNKNOWN_TO_SERVER, 5L),
                        entry(Cause.UNKNOWN_IN_SERVER, 59L),
                        entry(Cause.SOCKET_WRITE, 2L),
                        entry(Cause.UNKNOWN_TO_RECIPIENT, 4L));
    }

    @Test
    void theRecipientMayHaveReadTheMessageBeforeTheWriteReturns() {
        var early = new LateMessage(BOB, 0, 0, 65);
        Diagnosis diagnosis = explain(early);
        assertThat(diagnosis.legs()).contains(entry(Leg.WRITING, 1L)).doesNotContainKey(Leg.TO_RECIPIENT);
        assertAddsUp(diagnosis);
    }

    @ParameterizedTest
    @EnumSource
    void noDisturbanceAddsOrTakesTime(Cause cause) {
        saw(cause, 3, 67);
        assertAddsUp(explain(MESSAGE));
    }

    /** A thousand timelines with every kind of disturbance, overlapping or not, with messages that fit them or not. */
    @Test
    void whateverWasRecordedTheSharesAddUp() {
        long seed = RandomGenerator.getDefault().nextLong();
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int round = 0; round < 1_000; round++) {
            batches.clear();
            disturbances.clear();
            var records = new RecordedMail();
            long at = random.nextLong(50);
            for (int n = 0; n < random.nextInt(12); n++) {
                long received = random.nextLong(at + 1);
                long taken = at + random.nextLong(9);
                long storing = taken + random.nextLong(5);
                long stored = storing + random.nextLong(40);
                at = stored + random.nextLong(5);
                batches.add(batch(n, random.nextInt(4), random.nextInt(9), received, taken, storing, stored, at));
            }
            for (Cause cause : Cause.values()) {
                var list = new ArrayList<Disturbance>();
                for (int n = random.nextInt(4); n > 0; n--) {
                    long from = random.nextLong(-20, 300);
                    list.add(new Disturbance(from, from + random.nextLong(80), ""));
                }
                disturbances.put(cause, new DisturbanceLog(list));
            }
            for (int n = 0; n < 5; n++) {
                long received = random.nextLong(200);
                long begun = received + random.nextLong(90);
                records.add(random.nextLong(3), new RecordedMail.Mail(received, begun, begun + random.nextLong(9)));
            }
            records.sort();
            var explainer = new Explainer(new WriterTimeline(batches), records, disturbances);
            for (int n = 0; n < 10; n++) {
                long due = random.nextLong(200);
                long sent = due + (random.nextBoolean() ? 0 : random.nextLong(30));
                var message = new LateMessage(random.nextLong(3), due, sent, sent + random.nextLong(120));
                assertThat(explainer.explain(message))
                        .as("seed %s, round %s", seed, round)
                        .satisfies(ExplainerTest::assertAddsUp);
            }
        }
    }

    private static void assertAddsUp(Diagnosis diagnosis) {
        long latency = diagnosis.message().latency();
        assertThat(diagnosis.causes().values()).allMatch(nanos -> nanos > 0);
        assertThat(diagnosis.legs().values()).allMatch(nanos -> nanos > 0);
        assertThat(diagnosis.causes().values().stream()
                        .mapToLong(Long::longValue)
                        .sum())
                .isEqualTo(latency);
        assertThat(diagnosis.legs().values().stream().mapToLong(Long::longValue).sum())
                .isEqualTo(latency);
        if (latency > 0) {
            assertThat(diagnosis.causes()).containsKey(diagnosis.main());
            assertThat(diagnosis.causes().values())
                    .allMatch(nanos -> nanos <= diagnosis.causes().get(diagnosis.main()));
        }
        assertThat(diagnosis.causes().keySet()).containsAll(diagnosis.seen().keySet());
    }
}
