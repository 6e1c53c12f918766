package zap.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import zap.server.testing.PackagedServer;

/** The short form of {@code ./zap chaos}. */
class ChaosIT {

    /**
     * In these two are all copies and restores, a killed client, and most of what can happen to a link: see
     * FaultPlanTest.
     */
    static final long USUAL_SEED = 2618;

    static final int USUAL_RUNS = 2;

    private static final List<String> SERVER =
            PackagedServer.command(Path.of(System.getProperty("zap.root", "../../..")), List.of());

    private static final long FIRST_SEED = Long.getLong("zap.chaos.seed", USUAL_SEED);
    private static final int RUNS = Integer.getInteger("zap.chaos.runs", USUAL_RUNS);

    @TempDir
    Path folder;

    @Test
    @Timeout(600)
    void everyPromiseIsKeptWhateverBreaks() throws IOException {
        Report report = new Chaos(SERVER, folder, System.out).run(FIRST_SEED, RUNS, null, EnumSet.allOf(Fault.class));
        assertThat(report.failed())
                .as(report.markdown(Duration.ZERO, "./zap chaos --seed " + FIRST_SEED + " --runs " + RUNS))
                .isZero();
        assertThat(report.runs()).isEqualTo(RUNS);
    }
}
