package zap.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class BodyTest {

    @Test
    void blanksAtTheEndAreNoText() {
        assertThat(Body.of("oi   ")).isEqualTo(Body.of("oi"));
        assertThat(Body.of("oi").utf8()).isEqualTo("oi".getBytes(UTF_8));
        assertThat(Body.of("    ")).isSameAs(Body.EMPTY);
        assertThat(Body.ofUtf8("oi   ".getBytes(UTF_8))).isEqualTo(Body.of("oi"));
        assertThat(Body.ofUtf8("oi   ".getBytes(UTF_8)).codePoints()).isEqualTo(2);
    }

    @Test
    void allOtherWhiteSpaceIsText() {
        for (String text : new String[] {"  oi", "oi\n", "oi\t", "oi \r\n", "\n", "oi\u00A0", "oi\u3000", "oi\0"}) {
            assertThat(Body.of(text).text()).isEqualTo(text);
            assertThat(Body.ofUtf8(text.getBytes(UTF_8))).isEqualTo(Body.of(text));
        }
    }

    @Test
    void itsLengthIsCountedInCodePoints() {
        assertThat(Body.of("🦜".repeat(218)).codePoints()).isEqualTo(218);
        assertThat(Body.of("a\u0301").codePoints()).isEqualTo(2);
        assertThat(Body.EMPTY.codePoints()).isZero();
    }

    @Test
    void aText219CodePointsLongIsRefused() {
        String longest = "x".repeat(218) + "   ";
        assertThat(Body.of(longest).codePoints()).isEqualTo(218);
        assertThat(Body.ofUtf8(longest.getBytes(UTF_8)).codePoints()).isEqualTo(218);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Body.of("🦜".repeat(219)))
                .withMessage("a text has at most 218 code points, not 219");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Body.ofUtf8("é".repeat(219).getBytes(UTF_8)))
                .withMessage("a text has at most 218 code points, not 219");
    }

    @Test
    void halfASurrogatePairIsNoText() {
        for (String text : new String[] {"\uD83E", "a\uDD9Cb", "\uDD9C\uD83E", "oi\uD83E "}) {
            assertThatIllegalArgumentException().isThrownBy(() -> Body.of(text)).withMessageContaining("surrogate");
        }
    }

    @Test
    void bytesThatAreNotUtf8AreNoText() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Body.ofUtf8(new byte[] {'o', 'l', (byte) 0xE1}))
                .withMessageContaining("from 2 on");
    }

    @Test
    void itSaysWhetherItHoldsAZero() {
        assertThat(Body.of("a\0b").containsNul()).isTrue();
        assertThat(Body.of("a0b").containsNul()).isFalse();
        assertThat(Body.EMPTY.containsNul()).isFalse();
    }

    @Test
    void itNeverShowsItsText() {
        assertThat(Body.of("TELL NOBODY")).hasToString("Body[11 code points]");
        assertThat(Body.of("🦜")).hasToString("Body[1 code point]");
        assertThat(Body.EMPTY).hasToString("Body[0 code points]");
    }

    @Test
    void twoWithTheSameTextAreEqual() {
        assertThat(Body.of("olá")).isEqualTo(Body.ofUtf8("olá".getBytes(UTF_8))).hasSameHashCodeAs(Body.of("olá"));
        assertThat(Body.of("olá")).isNotEqualTo(Body.of("ola")).isNotEqualTo("olá");
    }
}
