package zap.shell.command.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jline.utils.AttributedString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import zap.shell.text.TextWidth;

class GlyphsTest {

    private final Glyphs glyphs = new Glyphs();

    private static int columns(String layout) {
        return new AttributedString(layout).columnLength();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plain, olá",
                "✅⭐⚡⌚❌ done",
                "🇧🇷🇺🇸",
                "สวัสดี",
                "नमस्ते क्षि",
                "👨\u200D👩\u200D👧 and 👋🏽 and ❤\uFE0F and 1\uFE0F\u20E3",
                "한국어 日本語 か\u3099",
                "کتاب\u200Cها",
                "Yi ꀀ and e\u0301\u0302"
            })
    void jlineCountsColumnsAsUnicodeDoesAndTheTerminalGetsTheText(String text) {
        String layout = glyphs.layoutTyped(text);
        assertThat(columns(layout)).isEqualTo(TextWidth.columns(text));
        assertThat(glyphs.drawn(layout)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 6, 8})
    void whatTheTerminalSaysCountsMore(int width) {
        String family = "👨\u200D👩\u200D👧";
        glyphs.learn(family, width);
        String layout = glyphs.layoutTyped("a" + family + "b");
        assertThat(columns(layout)).isEqualTo(2 + width);
        assertThat(glyphs.drawn(layout)).isEqualTo("a" + family + "b");
    }

    @Test
    void aPrefixIsLaidOutAsInTheWholeLine() {
        String text = "x🇧🇷วั✅y";
        String whole = glyphs.layoutTyped(text);
        for (int at = 0; at < text.length(); at = TextWidth.after(text, at)) {
            assertThat(whole).startsWith(glyphs.layoutTyped(text.substring(0, at)));
        }
    }

    @Test
    void whatCannotBeSeenIsShown() {
        assertThat(glyphs.drawn(glyphs.layoutTyped("a\u202Eb\u001bc\u200Bd\uE000")))
                .isEqualTo("a⟨U+202E⟩b␛c⟨U+200B⟩d⟨U+E000⟩");
        glyphs.learn("🫨", 0);
        assertThat(glyphs.drawn(glyphs.layoutTyped("🫨"))).isEqualTo("⟨U+1FAE8⟩");
        assertThat(glyphs.layoutTyped("a\tb\nc")).isEqualTo("a\tb\nc");
        assertThat(glyphs.layout("\u001b[1mana\u001b[0m")).isEqualTo("\u001b[1mana\u001b[0m");
    }

    @Test
    void aTerminalIsAskedOnceForEachKind() {
        assertThat(glyphs.unknown("hello, olá! ❯ ●")).isEmpty();
        assertThat(glyphs.unknown("✅ ✅ ⭐", "✅")).isEqualTo(List.of("✅", "⭐"));
        List<String> thai = glyphs.unknown("สวัสดี");
        assertThat(thai).isEqualTo(List.of("ส", "วั"));
        glyphs.learn("ส", 1);
        glyphs.learn("วั", 2);
        assertThat(glyphs.unknown("สวัสดี นี่")).isEqualTo(List.of("นี่"));
        assertThat(columns(glyphs.layoutTyped("ดี"))).isEqualTo(2);
        assertThat(glyphs.unknown("a\u202Eb")).isEmpty();
    }
}
