package zap.shell.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class VisibleTextTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "olá",
                "👋🏽",
                "👨‍👩‍👧‍👦",
                "नमस्ते",
                "می‌خواهم",
                "日本語",
                "e\u0301",
                "🏴\uDB40\uDC67\uDB40\uDC62\uDB40\uDC65\uDB40\uDC6E\uDB40\uDC67\uDB40\uDC7F",
                "don't \"x\" \\ % $(a) `b`"
            })
    void whatPeopleWriteStaysAsItIs(String text) {
        assertThat(VisibleText.line(text)).isEqualTo(text);
        assertThat(VisibleText.isPlain(text)).isTrue();
    }

    static Stream<Arguments> actors() {
        return Stream.of(
                Arguments.of("\u001b[2J", "␛[2J"),
                Arguments.of("\u001b]0;title\u0007", "␛]0;title␇"),
                Arguments.of("a\rb", "a␍b"),
                Arguments.of("\u009b31m", "⟨U+009B⟩31m"),
                Arguments.of("\u202Egnp.exe", "⟨U+202E⟩gnp.exe"),
                Arguments.of("a\u200Bb", "a⟨U+200B⟩b"),
                Arguments.of("\u007f", "␡"),
                Arguments.of("\uFEFFx", "⟨U+FEFF⟩x"),
                Arguments.of("\u2066a", "⟨U+2066⟩a"),
                Arguments.of("\u2028", "⟨U+2028⟩"),
                Arguments.of("\u3164", "⟨U+3164⟩"));
    }

    @ParameterizedTest
    @MethodSource("actors")
    void whatActsOnATerminalIsMadeVisible(String text, String visible) {
        assertThat(VisibleText.line(text)).isEqualTo(visible);
    }

    @Test
    void everyC0AndC1AndBidirectionalControlIsGoneAfterwards() {
        var all = new StringBuilder();
        for (int c = 0; c < 0xA0; c++) {
            all.appendCodePoint(c);
        }
        all.append("\u061C\u200E\u200F\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069");
        assertThat(VisibleText.line(all.toString())
                        .chars()
                        .filter(c -> c < ' ' || (c >= 0x7F && c < 0xA0) || Character.getType(c) == Character.FORMAT))
                .isEmpty();
    }

    @Test
    void lineBreaksStayOnlyWhereTheyAreAllowed() {
        assertThat(VisibleText.lines("a\r\nb\nc")).isEqualTo("a\nb\nc");
        assertThat(VisibleText.line("a\nb")).isEqualTo("a␊b");
    }

    @Test
    void aHeapOfMarksIsNotDrawnOverTheLinesAbove() {
        assertThat(VisibleText.line("a" + "\u0301".repeat(50))).startsWith("a\u0301\u0301\u0301\u0301⟨U+0301⟩");
    }
}
