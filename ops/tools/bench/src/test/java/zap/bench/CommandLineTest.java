package zap.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import zap.bench.load.Mode;

class CommandLineTest {

    private static final Set<String> NAMES = Set.of(
            "pairs", "window", "peer", "floor", "rate", "connections", "characters", "members", "until", "messages");

    private static CommandLine words(String... words) {
        return new CommandLine(List.of(words), NAMES, Set.of("floor"));
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
