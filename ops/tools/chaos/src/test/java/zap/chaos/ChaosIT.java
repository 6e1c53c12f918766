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

    /**
     * In this one a node is paused, and cut off from the other one and from a database that hangs, while participants
     * leave it: see FaultPlanTest.
     */
    static final long USUAL_SEED_WITH_NODES = 18_099;

    static final int USUAL_RUNS_WITH_NODES = 1;
    static final int NODES = 2;

    private static final List<String> SERVER =
            PackagedServer.command(Path.of(System.getProperty("zap.root", "../../..")), List.of());

    private static final long FIRST_SEED = Long.getLong("zap.chaos.seed", USUAL_SEED);
    private static final int RUNS = Integer.getInteger("zap.chaos.runs", USUAL_RUNS);
    private static final long FIRST_SEED_WITH_NODES = Long.getLong("zap.chaos.seed", USUAL_SEED_WITH_NODES);
    private static final int RUNS_WITH_NODES = Integer.getInteger("zap.chaos.runs", USUAL_RUNS_WITH_NODES);

    @TempDir
    Path folder;

    /** The nodes go on with the database of the single server, because making one takes as long as all else. */
    @Test
    @Timeout(600)
    void everyPromiseIsKeptWhateverBreaks() throws IOException {
        Path single = folder.resolve("single");
        Report report =
                new Chaos(SERVER, 1, null, single, System.out).run(FIRST_SEED, RUNS, null, EnumSet.allOf(Fault.class));
        assertKept(report, RUNS, "./zap chaos --seed " + FIRST_SEED + " --runs " + RUNS);
        Report withNodes = new Chaos(SERVER, NODES, single.resolve("world-0/data"), folder.resolve("nodes"), System.out)
                .run(FIRST_SEED_WITH_NODES, RUNS_WITH_NODES, null, EnumSet.allOf(Fault.class));
        assertKept(
                withNodes,
                RUNS_WITH_NODES,
                "./zap chaos --nodes " + NODES + " --seed " + FIRST_SEED_WITH_NODES + " --runs " + RUNS_WITH_NODES);
    }

    private static void assertKept(Report report, int runs, String command) {
        assertThat(report.failed()).as(report.markdown(Duration.ZERO, command)).isZero();
        assertThat(report.runs()).isEqualTo(runs);
    }
}
