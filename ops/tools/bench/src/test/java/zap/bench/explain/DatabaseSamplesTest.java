package zap.bench.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import zap.bench.explain.DatabaseSamples.Activity;

class DatabaseSamplesTest {

    private static final long MS = 1_000_000;

    private final DatabaseSamples samples = new DatabaseSamples();

    private void sample(long millis, Activity... activities) {
        samples.add(millis * MS, List.of(activities));
    }

    private static Activity waits(long pid, String type, String event) {
        return new Activity(pid, "client backend", type, event);
    }

    private static Disturbance millis(long from, long to, String detail) {
        return new Disturbance(from * MS, to * MS, detail);
    }

    @Test
    void aSampleStandsForTheTimeHalfwayToItsNeighbours() {
        sample(0);
        sample(10, waits(7, "IO", "WalSync"));
        sample(20, waits(7, "", ""));
        assertThat(samples.disturbances(List.of(7L), DisturbanceLog.EMPTY))
                .containsOnly(entry(Cause.WAL_FLUSH, List.of(millis(5, 15, "IO:WalSync"))));
    }

    @Test
    void theSameWaitInSeveralSamplesIsOne() {
        sample(0);
        sample(10, waits(7, "IO", "WalSync"));
        sample(20, waits(7, "IO", "WalSync"));
        sample(30, waits(7, "Lock", "relation"));
        sample(40);
        assertThat(samples.disturbances(List.of(7L), DisturbanceLog.EMPTY))
                .containsOnly(
                        entry(Cause.WAL_FLUSH, List.of(millis(5, 25, "IO:WalSync"))),
                        entry(Cause.DATABASE_LOCK, List.of(millis(25, 35, "Lock:relation"))));
    }

    @Test
    void aSampleIsNotStretchedOverALongGap() {
        sample(0);
        sample(1_000, waits(7, "IO", "WalSync"));
        sample(2_000);
        assertThat(samples.disturbances(List.of(7L), DisturbanceLog.EMPTY))
                .containsOnly(entry(Cause.WAL_FLUSH, List.of(millis(985, 1_015, "IO:WalSync"))));
    }

    @Test
    void otherBackendsDoNotCount() {
        sample(0);
        sample(10, waits(8, "IO", "WalSync"));
        sample(20);
        assertThat(samples.disturbances(List.of(7L), DisturbanceLog.EMPTY)).isEmpty();
    }

    @Test
    void aFlushDuringACheckpointIsToldFromOthers() {
        sample(0);
        sample(10, waits(7, "IO", "WalSync"));
        sample(20);
        sample(30, waits(7, "IO", "WalSync"));
        sample(40);
        var checkpoints = new DisturbanceLog(List.of(new Disturbance(22 * MS, Long.MAX_VALUE, "time")));
        assertThat(samples.disturbances(List.of(7L), checkpoints))
                .containsOnly(
                        entry(Cause.WAL_FLUSH, List.of(millis(5, 15, "IO:WalSync"))),
                        entry(Cause.WAL_FLUSH_IN_CHECKPOINT, List.of(millis(25, 35, "IO:WalSync"))));
    }

    @ParameterizedTest
    @CsvSource({
        "IO:WalSync, WAL_FLUSH",
        "IO:WalWrite, WAL_FLUSH",
        "LWLock:WALWrite, WAL_FLUSH",
        "IO:WalInitWrite, WAL_FILE",
        "IO:WalInitSync, WAL_FILE",
        "IO:DataFileExtend, DATABASE_IO",
        "Lock:transactionid, DATABASE_LOCK",
        "LWLock:BufferContent, DATABASE_INTERNAL_LOCK",
        "BufferPin:BufferPin, DATABASE_INTERNAL_LOCK",
        "Client:ClientRead, DATABASE_OTHER_WAIT",
        "Timeout:VacuumDelay, DATABASE_OTHER_WAIT"
    })
    void eachWaitEventHasItsCause(String event, Cause cause) {
        assertThat(DatabaseSamples.causeOf(event, false)).isEqualTo(cause);
    }

    @Test
    void theLogGoesOnInAnotherFileBetweenTwoLooks() {
        samples.addSegment(0, 4);
        samples.addSegment(50 * MS, 4);
        samples.addSegment(100 * MS, 5);
        sample(0);
        sample(10, new Activity(9, "autovacuum worker", "IO", "DataFileRead"));
        sample(20);
        Map<Circumstance, List<Disturbance>> circumstances = samples.circumstances();
        assertThat(circumstances.get(Circumstance.WAL_SWITCH)).containsExactly(millis(50, 100, "to file 5"));
        assertThat(circumstances.get(Circumstance.AUTOVACUUM)).containsExactly(millis(5, 15, "worker"));
    }
}
