package zap.bench.explain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointLogTest {

    /** As PostgreSQL 18 has written it. */
    private static final String LOG = """
            2026-11-29 13:43:10.123 UTC [6001] LOG:  starting PostgreSQL 18.6
            2026-11-29 13:43:12.250 UTC [6005] LOG:  checkpoint starting: time
            2026-11-29 13:43:14.000 UTC [6009] LOG:  could not receive data from client
            2026-11-29 13:44:22.750 UTC [6005] LOG:  checkpoint complete: wrote 712 buffers (4.3%), wrote 3 SLRU buffers; 0 WAL file(s) added, 1 removed, 2 recycled; write=70.200 s, sync=0.213 s, total=70.500 s; sync files=41, longest=0.101 s, average=0.006 s; distance=24576 kB, estimate=24576 kB; lsn=0/8A3F1C8, redo lsn=0/6000098
            2026-11-29 13:45:00.000 UTC [6005] LOG:  checkpoint starting: wal
            """;

    private static final WallClock WALL = new WallClock(WallClock.nanos(Instant.parse("2026-11-29T13:43:00Z")), 0);

    @Test
    void aCheckpointLastsFromItsFirstLineForItsTotal() {
        assertThat(CheckpointLog.parse(LOG, WALL))
                .containsExactly(
                        new Disturbance(
                                12_250_000_000L, 82_750_000_000L, "time, 712 buffers, write 70.200 s, sync 0.213 s"),
                        new Disturbance(120_000_000_000L, Long.MAX_VALUE, "wal, not complete yet"));
    }

    @Test
    void otherLinesAndTheEndOfACheckpointThatBeganBeforeAreLeftOut() {
        assertThat(CheckpointLog.parse("nonsense\n\n" + LOG.lines().toList().get(3) + "\n", WALL))
                .isEmpty();
        assertThat(CheckpointLog.parse(LOG.replace("13:43:12.250", "99:99:99.999"), WALL))
                .hasSize(1);
    }

    @Test
    void allLogsOfTheFolderAreRead(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("postgresql-Sat.log"), LOG);
        Files.writeString(folder.resolve("postgresql-Sun.log"), LOG.replace("13:4", "14:4"));
        Files.writeString(folder.resolve("notes.txt"), LOG);
        assertThat(CheckpointLog.read(folder, WALL)).hasSize(4);
    }
}
