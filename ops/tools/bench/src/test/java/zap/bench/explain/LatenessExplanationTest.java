package zap.bench.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import zap.bench.explain.LatenessExplanation.CauseRow;

class LatenessExplanationTest {

    private static final long MS = 1_000_000;

    /** A message that is late for these reasons, each with its milliseconds. */
    private static Diagnosis late(long due, Map<Cause, Long> millis, Map<Cause, Disturbance> seen) {
        var causes = new EnumMap<Cause, Long>(Cause.class);
        millis.forEach((cause, time) -> causes.put(cause, time * MS));
        long latency = causes.values().stream().mapToLong(Long::longValue).sum();
        Cause main = causes.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .orElseThrow()
                .getKey();
        return new Diagnosis(
                new LateMessage(7, due * MS, due * MS, due * MS + latency),
                causes,
                Map.of(Leg.QUEUE, latency),
                main,
                seen);
    }

    private static RunExplanation run(Diagnosis... diagnoses) {
        var batch = new RecordedBatch(1, "ALONE", 1, 2, 3, 0, 4, 4, 400, 0, 1, 0, MS, 9 * MS, 10 * MS);
        return new RunExplanation(
                10 * MS,
                1_000,
                diagnoses.length,
                0,
                1_000 * MS,
                List.of(diagnoses),
                List.of(batch),
                Map.of(
                        Circumstance.CHECKPOINT,
                        new DisturbanceLog(List.of(new Disturbance(500 * MS, Long.MAX_VALUE, "time")))),
                Map.of(Cause.BACKEND_QUEUED, "on the processors JIT compiler 80 %"),
                Map.of("log, wal_bytes", 4_096.0),
                List.of("A note."));
    }

    private static final Disturbance FLUSH = new Disturbance(101 * MS, 131 * MS, "IO:WalSync");

    private static LatenessExplanation explanation() {
        return LatenessExplanation.of(List.of(run(
                late(100, Map.of(Cause.WAL_FLUSH, 30L, Cause.OWN_STATEMENT, 2L), Map.of(Cause.WAL_FLUSH, FLUSH)),
                late(120, Map.of(Cause.WAL_FLUSH, 11L, Cause.BACKEND_QUEUED, 1L), Map.of()),
                late(600, Map.of(Cause.UNKNOWN_IN_QUEUE, 15L), Map.of()))));
    }

    @Test
    void theSharesOfAllCausesAddUp() {
        List<CauseRow> causes = explanation().causes();
        assertThat(causes.stream().mapToDouble(CauseRow::share).sum()).isCloseTo(1, within(1e-9));
        assertThat(causes.stream().mapToDouble(CauseRow::timeShare).sum()).isCloseTo(1, within(1e-9));
        assertThat(causes.stream().mapToLong(CauseRow::messages).sum()).isEqualTo(3);
    }

    @Test
    void theCauseWithTheMostMessagesComesFirstWithItsEvidence() {
        CauseRow first = explanation().causes().getFirst();
        assertThat(first.cause()).isEqualTo(Cause.WAL_FLUSH);
        assertThat(first.messages()).isEqualTo(2);
        assertThat(first.share()).isCloseTo(2.0 / 3, within(1e-9));
        assertThat(first.timeShare()).isCloseTo(41.0 / 59, within(1e-9));
        assertThat(first.worstMillis()).isEqualTo(32);
        assertThat(first.evidence()).isEqualTo("longest 30.0 ms at 0.10 s (IO:WalSync)");
    }

    @Test
    void whatIsUnknownIsShownAsItself() {
        assertThat(explanation().causes())
                .filteredOn(row -> row.cause().isUnknown())
                .singleElement()
                .satisfies(row -> assertThat(row.messages()).isEqualTo(1));
        assertThat(text(explanation())).contains("unknown: in the queue, with an idle writer");
    }

    @Test
    void messagesWhoseTimesOverlapAreAnEpisode() {
        assertThat(explanation().episodes())
                .extracting(episode -> episode.diagnoses().size())
                .containsExactly(2, 1);
        assertThat(text(explanation())).contains("flush of the log, no checkpoint 93.2 %");
    }

    @Test
    void circumstancesAreComparedWithTheShareOfTheTime() {
        List<String> line = table(explanation(), "What went on meanwhile").get(1);
        assertThat(line)
                .containsExactly(
                        "a checkpoint writes or syncs", "to the end at 0.50 s (time)", "1", "50.0 %", "33.3 %");
    }

    @Test
    void severalRunsAreOneExplanation() {
        LatenessExplanation both = LatenessExplanation.of(List.of(
                run(late(100, Map.of(Cause.SERVER_GC, 20L), Map.of())),
                run(late(100, Map.of(Cause.WAL_FLUSH, 30L), Map.of(Cause.WAL_FLUSH, FLUSH)))));
        assertThat(both.headline()).isEqualTo("2 of 2,000 messages (0.100 %) took more than 10 ms.");
        assertThat(both.causes()).hasSize(2);
        assertThat(both.causes().getFirst().evidence()).contains("at 0.10 s of run 2");
        assertThat(both.notes()).contains("Run 1: A note.", "Run 2: Counters rose by: log, wal_bytes 4,096");
    }

    @Test
    void tooManyLateMessagesAreSaidToBeExplainedInPart() {
        RunExplanation one = run(late(100, Map.of(Cause.SERVER_GC, 20L), Map.of()));
        var many = new RunExplanation(
                one.lateNanos(),
                10,
                4,
                one.from(),
                one.to(),
                one.diagnoses(),
                one.batches(),
                one.circumstances(),
                one.users(),
                one.counters(),
                one.notes());
        assertThat(LatenessExplanation.of(List.of(many)).headline())
                .endsWith("took more than 10 ms; the first 1 are explained.");
    }

    @Test
    void withoutLateMessagesThereIsAnExplanationWithoutCauses() {
        LatenessExplanation none = LatenessExplanation.of(List.of(run()));
        assertThat(none.headline()).startsWith("0 of 1,000 messages (0.000 %)");
        assertThat(none.causes()).isEmpty();
        assertThat(table(none, "Batches of the writer")).hasSize(2);
        assertThat(none.toMap()).containsKeys("causes", "notes", "Batches of the writer");
    }

    @Test
    void everyLineOfATableHasAsManyCellsAsItsHead() {
        for (LatenessExplanation.Table table : explanation().tables()) {
            assertThat(table.cells())
                    .as(table.title())
                    .allMatch(line -> line.size() == table.cells().getFirst().size());
        }
    }

    private static List<List<String>> table(LatenessExplanation explanation, String title) {
        return explanation.tables().stream()
                .filter(table -> table.title().equals(title))
                .findFirst()
                .orElseThrow()
                .cells();
    }

    private static String text(LatenessExplanation explanation) {
        return explanation.tables().toString();
    }
}
