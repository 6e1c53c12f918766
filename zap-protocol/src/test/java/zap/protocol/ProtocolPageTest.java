package zap.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Compares the tables of {@code docs/protocol.md} with the code. */
class ProtocolPageTest {

    private static final Pattern FRAME_ROW = Pattern.compile("\\| [0-9]{2} \\|.*");
    private static final Pattern REASON_ROW = Pattern.compile("\\| [0-9]{3} \\|.*");

    private final List<String> page = page();

    @Test
    void thePageHasARowForEachFrameAndTheFrameTheRowsWidths() {
        assertThat(page.stream().filter(FRAME_ROW.asMatchPredicate()))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(FrameType.values()).map(ProtocolPageTest::row).toList());
    }

    @Test
    void thePageHasARowForEachReasonWithItsSentence() {
        assertThat(page.stream().filter(REASON_ROW.asMatchPredicate()))
                .containsExactlyElementsOf(
                        Stream.of(Reason.values()).map(ProtocolPageTest::row).toList());
    }

    @Test
    void eachFrameStandsInTheSectionOfWhereItIsSpoken() {
        String section = "";
        for (String line : page) {
            if (line.startsWith("## ")) {
                section = line.substring(3);
            } else if (FRAME_ROW.matcher(line).matches()) {
                FrameType type = Objects.requireNonNull(FrameType.ofCode(Integer.parseInt(line.substring(2, 4))));
                String expected = switch (type.wire()) {
                    case EVERY -> "Base frames";
                    case RECV_ONLY -> "The listener for short frames";
                    case FULL_WIDTH_ONLY -> "Assured sessions";
                };
                assertThat(section).as(line).isEqualTo(expected);
            }
        }
    }

    @Test
    void everyReasonThatThePageNamesIsOne() {
        List<String> names = Stream.of(Reason.values()).map(Reason::name).toList();
        assertThat(Pattern.compile("`([A-Z]+(?:_[A-Z]+)*)`")
                        .matcher(String.join("\n", page))
                        .results()
                        .map(match -> match.group(1)))
                .isNotEmpty()
                .isSubsetOf(names);
    }

    private static String row(FrameType type) {
        String fields = type.fields().isEmpty()
                ? "none"
                : type.fields().stream()
                        .map(field -> field.name() + "(" + width(field) + ")")
                        .collect(Collectors.joining(" "));
        return "| %s | %s | %s | %s | %s |"
                .formatted(
                        type.code(), type.title(), type.sender().name().toLowerCase(Locale.ROOT), fields, type.width());
    }

    private static String width(FrameType.Field field) {
        return field.kind() == FrameType.Kind.MEMBERS ? field.width() / 13 + " × 13" : "" + field.width();
    }

    private static String row(Reason reason) {
        return String.format(Locale.ROOT, "| %03d | %s | %s |", reason.code(), reason.name(), reason.sentence());
    }

    /** Reads the page, which lies beside the module, from whichever folder the tests are started. */
    private static List<String> page() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("docs/protocol.md"))) {
            folder = Objects.requireNonNull(
                    folder.getParent(),
                    "no docs/protocol.md above " + Path.of("").toAbsolutePath());
        }
        try {
            return Files.readAllLines(folder.resolve("docs/protocol.md"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
