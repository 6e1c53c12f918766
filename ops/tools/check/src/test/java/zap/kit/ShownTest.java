package zap.kit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Foreign text on a terminal: seen, and never obeyed. */
class ShownTest {

    @Test
    void charactersThatActBecomeVisible() {
        assertThat(Shown.visible("\u001b[31mred\u0007\u009b2J")).isEqualTo("\\u{1b}[31mred\\u{7}\\u{9b}2J");
        assertThat(Shown.visible("a\u202eb\u2066c\u200bd\ufeffe"))
                .isEqualTo("a\\u{202e}b\\u{2066}c\\u{200b}d\\u{feff}e");
        assertThat(Shown.visible("one\ntwo\r\n\tthree\u2028four\u2029"))
                .isEqualTo("one\\ntwo\\r\\n\\tthree\\u{2028}four\\u{2029}");
        assertThat(Shown.visible("\u0000\u007f\u0085")).isEqualTo("\\u{0}\\u{7f}\\u{85}");
        assertThat(Shown.visible("\ue000\uffff\u3164")).isEqualTo("\\u{e000}\\u{ffff}\\u{3164}");
    }

    @Test
    void noCharacterThatActsIsLeft() {
        for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
            String shown = Shown.visible(Character.toString(codePoint));
            assertThat(shown.codePoints().noneMatch(Shown::isTreacherous))
                    .as("U+%x", codePoint)
                    .isTrue();
        }
    }

    @Test
    void textThatPeopleWriteStaysAsItIs() {
        assertThat(Shown.visible("olá, ação 🦜 中文 हिन्दी שלום")).isEqualTo("olá, ação 🦜 中文 हिन्दी שלום");
    }

    @Test
    void aMarkCannotBeImitated() {
        assertThat(Shown.visible("\\u{1b}")).isEqualTo("\\\\u{1b}");
        assertThat(Shown.visible("\\n")).isNotEqualTo(Shown.visible("\n"));
    }

    @Test
    void aTowerOfMarksDoesNotCoverOtherLines() {
        assertThat(Shown.visible("a" + "\u0301".repeat(6))).isEqualTo("a" + "\u0301".repeat(4) + "\\u{301}\\u{301}");
    }

    @Test
    void aLongTextIsCut() {
        assertThat(Shown.visible("🦜".repeat(121))).isEqualTo("🦜".repeat(120) + "…");
    }
}
