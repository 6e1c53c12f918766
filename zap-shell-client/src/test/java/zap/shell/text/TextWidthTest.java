package zap.shell.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextWidthTest {

    @ParameterizedTest
    @CsvSource({
        "a, 1",
        "é, 1",
        "e\u0301, 1",
        "✅, 2",
        "⭐, 2",
        "⚡, 2",
        "⌚, 2",
        "❌, 2",
        "✓, 1",
        "❤, 1",
        "❤\uFE0F, 2",
        "日, 2",
        "Ａ, 2",
        "ｱ, 1",
        "😀, 2",
        "🇧, 1",
        "🇧🇷, 2",
        "👋🏽, 2",
        "👨\u200D👩\u200D👧, 2",
        "🏳\uFE0F\u200D🌈, 2",
        "1\uFE0F\u20E3, 2",
        "🫜, 2",
        "🖲, 1",
        "วั, 1",
        "นำ, 2",
        "का, 2",
        "क्षि, 3",
        "\u1112\u1161\u11AB, 2",
        "か\u3099, 2",
        "①, 1",
        "☰, 2",
        "\u2329, 2",
        "\u231B, 2",
        "\u231C, 1",
        "\u200B, 0",
        "\u0301, 0",
        "𠮷, 2"
    })
    void aClusterIsAsWideAsUnicodeSays(String cluster, int columns) {
        assertThat(TextWidth.ofCluster(cluster)).isEqualTo(columns);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "🇧🇷",
                "👨\u200D👩\u200D👧",
                "👋🏽",
                "🏳\uFE0F\u200D🌈",
                "1\uFE0F\u20E3",
                "วั",
                "ดี",
                "क्षि",
                "\r\n",
                "e\u0301\u0302",
                "ب\u200C"
            })
    void whatAReaderTakesForOneCharacterIsOneCluster(String cluster) {
        String text = "a" + cluster + "b";
        assertThat(TextWidth.clusters(text)).containsExactly("a", cluster, "b");
        assertThat(TextWidth.after(text, 1)).isEqualTo(1 + cluster.length());
        assertThat(TextWidth.before(text, 1 + cluster.length())).isEqualTo(1);
    }

    @Test
    void threeRegionalIndicatorsAreAFlagAndAHalfOne() {
        assertThat(TextWidth.clusters("🇧🇷🇺")).containsExactly("🇧🇷", "🇺");
        assertThat(TextWidth.columns("สวัสดี 🇧🇷🇺")).isEqualTo(4 + 1 + 2 + 1);
        assertThat(TextWidth.clusters("")).isEmpty();
        assertThat(TextWidth.after("a", 1)).isEqualTo(1);
        assertThat(TextWidth.before("a", 0)).isZero();
    }
}
