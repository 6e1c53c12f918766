package zap.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The short form of {@code ./zap chaos}. */
class ChaosIT {

    /** In these two are all copies and restores, a killed client, and most of what can happen to a link: see PlanTest. */
    static final long USUAL_SEED = 2618;

    static final int USUAL_RUNS = 2;

    private static final long FIRST_SEED = Long.getLong("zap.chaos.seed", USUAL_SEED);
    private static final int RUNS = Integer.getInteger("zap.chaos.runs", USUAL_RUNS);

    @TempDir
    Path folder;

    @Test
    @Timeout(600)
    void everyPromiseIsKeptWhateverBreaks() throws IOException {
        Report report = new Chaos(server(), folder, System.out).run(FIRST_SEED, RUNS, null, EnumSet.allOf(Fault.class));
        assertThat(report.failed())
                .as(report.markdown(Duration.ZERO, "./zap chaos --seed " + FIRST_SEED + " --runs " + RUNS))
                .isZero();
        assertThat(report.runs()).isEqualTo(RUNS);
    }

    /** The jar that was built before this module. */
    private static List<String> server() throws IOException {
        try (Stream<Path> jars = Files.list(Path.of("../../zap-server/target"))) {
            Path jar = jars.filter(path -> path.getFileName().toString().matches("zap-server-.*-boot\\.jar"))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("zap-server has not been packaged"));
            return List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    // It lives for seconds: what counts is how soon it is there.
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC",
                    "--enable-native-access=ALL-UNNAMED",
                    "-jar",
                    jar.toAbsolutePath().toString());
        }
    }
}
