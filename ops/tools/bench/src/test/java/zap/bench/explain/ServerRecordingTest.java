package zap.bench.explain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import jdk.jfr.Event;
import jdk.jfr.Name;
import jdk.jfr.Recording;
import jdk.jfr.StackTrace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events with the names and fields of the server's, in a recording of this JVM. {@code BenchIT} reads the server's. */
class ServerRecordingTest {

    @Name("zap.Batch")
    @StackTrace(false)
    static final class Batch extends Event {
        long number = 5;
        int writes = 9;
        int attempts = 2;
        String form = "LOCKED";
        int confirmations = 4;
        long confirmedEntries = 6;
        int messages = 3;
        int receipts = 1;
        int others = 2;
        long bytes = 654;
        long firstReceived;
        long lastReceived;
        long taken;
        long storing;
        long stored;
        long reported;
    }

    @Name("zap.MailWritten")
    @StackTrace(false)
    static final class MailWritten extends Event {
        long client;
        long position = 1;
        long received;
        long begun;
        long written;
    }

    @Name("zap.ForgettingRound")
    @StackTrace(false)
    static final class ForgettingRound extends Event {
        long deleted = 10;
        long moved = 20;
        boolean generationChanged;
    }

    private static void batchAt(long time) {
        var batch = new Batch();
        batch.begin();
        batch.taken = time;
        batch.firstReceived = time - 20;
        batch.lastReceived = time - 10;
        batch.storing = time + 10;
        batch.stored = time + 20;
        batch.reported = time + 30;
        batch.commit();
    }

    private static void mail(long client, long time) {
        var mail = new MailWritten();
        mail.client = client;
        mail.received = time;
        mail.begun = time + 1;
        mail.written = time + 2;
        mail.commit();
    }

    private static void round(boolean generationChanged) {
        var round = new ForgettingRound();
        round.begin();
        round.generationChanged = generationChanged;
        round.commit();
    }

    @Test
    void everythingOfUseIsReadInNanoTime(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("one.jfr");
        WallClock wall = WallClock.now();
        long from = System.nanoTime();
        try (var recording = new Recording()) {
            recording.enable("jdk.GCPhasePause").withoutThreshold();
            recording.enable("jdk.GarbageCollection").withoutThreshold();
            recording.enable("jdk.SafepointBegin").withoutThreshold();
            recording.enable("jdk.SafepointEnd").withoutThreshold();
            recording.start();
            batchAt(System.nanoTime());
            mail(7, System.nanoTime());
            mail(8, System.nanoTime());
            round(false);
            round(true);
            System.gc();
            recording.dump(file);
        }
        long to = System.nanoTime();
        ServerRecording read = ServerRecording.read(file, wall, from, to, client -> client == 7);

        assertThat(read.batches()).singleElement().satisfies(batch -> {
            assertThat(batch.describe())
                    .startsWith("batch 5: 3 messages (654 bytes), 4 confirmations, 1 receipts, 2 other entries")
                    .endsWith("2 attempts, LOCKED");
            assertThat(batch.taken()).isBetween(from, to);
            assertThat(batch.reported() - batch.firstReceived()).isEqualTo(50);
        });
        long received = read.batches().getFirst().taken();
        assertThat(read.mail().of(new LateMessage(7, 0, received, to))).isNotNull();
        assertThat(read.mail().of(new LateMessage(8, 0, received, to))).isNull();
        assertThat(read.circumstances().get(Circumstance.FORGETTING))
                .hasSize(2)
                .allSatisfy(round -> assertThat(round.detail()).isEqualTo("10 deleted, 20 moved"));
        assertThat(read.circumstances().get(Circumstance.GENERATION_CHANGE)).hasSize(1);
        assertThat(read.collections())
                .anyMatch(pause -> pause.detail().endsWith(", System.gc()"))
                .allMatch(pause -> pause.from() >= from && pause.to() <= to);
        assertThat(read.safepoints()).isNotEmpty();
        assertThat(read.pauses())
                .hasSize(read.collections().size() + read.safepoints().size());
    }

    @Test
    void whatIsFarOutsideOfTheTimeIsLeftOut(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("two.jfr");
        try (var recording = new Recording()) {
            recording.start();
            batchAt(System.nanoTime());
            mail(7, System.nanoTime());
            round(true);
            recording.dump(file);
        }
        long later = System.nanoTime() + 3_600_000_000_000L;
        ServerRecording read = ServerRecording.read(file, WallClock.now(), later, later + 1, _ -> true);
        assertThat(read.batches()).isEmpty();
        assertThat(read.circumstances().getOrDefault(Circumstance.FORGETTING, java.util.List.of()))
                .isEmpty();
        assertThat(read.mail().of(new LateMessage(7, 0, 0, Long.MAX_VALUE))).isNull();
    }
}
