package zap.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.bench.explain.DatabaseAccess;
import zap.bench.explain.ObservedServer;
import zap.bench.load.CannotMeasureException;
import zap.bench.load.Mode;

class CommandLineTest {

    private static final Set<String> NAMES = Set.of(
            "pairs",
            "window",
            "peer",
            "floor",
            "rate",
            "connections",
            "characters",
            "members",
            "until",
            "messages",
            "explain",
            "late",
            "data");

    private static CommandLine words(String... words) {
        return new CommandLine(List.of(words), NAMES, Set.of("floor", "explain"));
    }

    @Test
    void anOptionIsWrittenInTwoWays() {
        CommandLine words = words("throughput", "--pairs", "7", "--window=1,16", "--floor", "--peer", "a", "--peer=b");
        assertThat(words.plain()).containsExactly("throughput");
        assertThat(words.number("pairs", 1, 1)).isEqualTo(7);
        assertThat(words.numbers("window", "2", 1)).containsExactly(1, 16);
        assertThat(words.has("floor")).isTrue();
        assertThat(words.values("peer")).containsExactly("a", "b");
        assertThat(words.number("rate", 1_000, 1)).isEqualTo(1_000);
    }

    @Test
    void whatMakesNoSenseIsSaid() {
        assertThatThrownBy(() -> words("--pears", "7"))
                .isInstanceOf(Usage.class)
                .hasMessageContaining("--pears");
        assertThatThrownBy(() -> words("--pairs")).isInstanceOf(Usage.class).hasMessageContaining("needs a value");
        assertThatThrownBy(() -> words("--floor=9")).isInstanceOf(Usage.class).hasMessageContaining("takes no value");
        assertThatThrownBy(() -> words("--pairs", "many").number("pairs", 1, 1))
                .isInstanceOf(Usage.class)
                .hasMessageContaining("\"many\"");
        assertThatThrownBy(() -> words("--pairs", "0").number("pairs", 1, 1)).isInstanceOf(Usage.class);
        assertThatThrownBy(() -> Bench.modes(words("speed")))
                .isInstanceOf(Usage.class)
                .hasMessageContaining("\"speed\"");
        assertThatThrownBy(() -> Bench.modes(words("--characters", "219"))).isInstanceOf(Usage.class);
        assertThatThrownBy(() -> Bench.modes(words("--until", "tomorrow"))).isInstanceOf(Usage.class);
        assertThatThrownBy(() -> Targets.address("server", "nowhere")).isInstanceOf(Usage.class);
        assertThatThrownBy(() -> Targets.sessions("assured,safe")).isInstanceOf(Usage.class);
    }

    @Test
    void onlyLatencyIsExplained() {
        assertThat(Bench.modes(words("latency", "--explain", "--late", "3"))).hasSize(1);
        assertThat(Bench.modes(words("throughput", "latency", "--window", "1", "--explain")))
                .hasSize(2);
        assertThatThrownBy(() -> Bench.modes(words("throughput", "--explain")))
                .isInstanceOf(Usage.class)
                .hasMessageContaining("--explain is for latency");
        assertThatThrownBy(() -> Bench.modes(words("latency", "--late", "3")))
                .isInstanceOf(Usage.class)
                .hasMessageContaining("--explain");
    }

    @Test
    void whatCannotBeExplainedIsToldWhatItTakes() {
        assertThatThrownBy(() -> Explaining.running(OptionalLong.empty(), OptionalLong.empty(), Optional.empty()))
                .isInstanceOf(CannotMeasureException.class)
                .hasMessageContaining("records in the server's JVM")
                .hasMessageContaining("--start")
                .hasMessageContaining("--data");
        assertThatThrownBy(() -> Explaining.running(
                        OptionalLong.of(1), OptionalLong.empty(), Optional.of(Path.of("no such folder"))))
                .isInstanceOf(Usage.class)
                .hasMessageContaining("no such folder");
    }

    @Test
    void aServerWithoutADataFolderIsExplainedWithoutItsDatabase(@TempDir Path data) throws IOException {
        assertThat(Explaining.running(OptionalLong.of(1), OptionalLong.empty(), Optional.empty())
                        .database())
                .isNull();
        Files.createDirectories(data.resolve("postgresql"));
        Files.writeString(data.resolve("postgresql/port"), "45001\n");
        Files.writeString(data.resolve("postgresql/password"), "secret\n");
        ObservedServer started = Explaining.started(OptionalLong.of(7), OptionalLong.of(8), data);
        assertThat(started.isRecording()).isTrue();
        assertThat(started.database())
                .isEqualTo(new DatabaseAccess(
                        "jdbc:postgresql://127.0.0.1:45001/zap",
                        "zap",
                        "secret",
                        data.resolve("postgresql/data/log"),
                        true));
        assertThat(String.valueOf(started)).doesNotContain("secret");
        assertThat(Explaining.running(OptionalLong.of(7), OptionalLong.of(8), Optional.of(data))
                        .database())
                .satisfies(access -> assertThat(access.mayChangeSettings()).isFalse());
    }

    @Test
    void theSettingsOfARecordingAreAFileUntilTheEnd() throws IOException {
        Path settings;
        try (var recording = Explaining.prepareRecording()) {
            settings = recording.settings();
            assertThat(settings).exists();
            assertThat(recording.option()).contains("settings=" + settings);
        }
        assertThat(settings.getParent()).doesNotExist();
    }

    @Test
    void modesAreRunWithEachOfTheirParameters() {
        assertThat(Bench.modes(words(
                        "throughput", "latency", "groups", "--window", "1,4", "--rate", "10,20", "--members", "4")))
                .extracting(Mode::what)
                .containsExactly(
                        "100 pairs, 1 in flight each",
                        "100 pairs, 4 in flight each",
                        "100 pairs, 10 messages/s",
                        "100 pairs, 20 messages/s",
                        "20 groups of 4, 1 in flight each",
                        "20 groups of 4, 4 in flight each");
        assertThat(Bench.modes(words()))
                .extracting(Mode::name)
                .containsExactly("throughput", "throughput", "latency", "offline");
    }
}
