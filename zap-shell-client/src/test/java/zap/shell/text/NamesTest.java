package zap.shell.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import zap.shell.text.Names.Fault;

class NamesTest {

    @ParameterizedTest
    @ValueSource(strings = {"ana", "Ana-Maria", "João", "李雷", "R2D2", "ana.b", "🦜"})
    void aNameIsOneWordOfAnyScript(String name) {
        assertThat(Names.faultOf(name)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "'',EMPTY",
        "ana maria,HAS_BLANKS",
        "1234567890123,LOOKS_LIKE_AN_ID",
        "1-2345,LOOKS_LIKE_AN_ID",
        "--json,BEGINS_LIKE_AN_OPTION",
        "#12,BEGINS_LIKE_AN_OPTION",
        "an\u200Ba,UNPRINTABLE",
        "ana\u202E,UNPRINTABLE",
        "a\u001b[1m,UNPRINTABLE",
        "ana\u00A0b,HAS_BLANKS",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,TOO_LONG"
    })
    void whatCannotBeTypedAgainAsItIsSeenIsNoName(String name, Fault fault) {
        assertThat(Names.faultOf(name)).isEqualTo(fault);
    }

    @ParameterizedTest
    @CsvSource({
        "ana,Ana",
        "ana,аnа",
        "ana,áná",
        "bill,bi1l",
        "Ian,lan",
        "maria,rnaria",
        "ana,a-n-a",
        "paypal,раураl",
        "bob,b0b",
        "ana,ana."
    })
    void namesThatLookAlikeAreAlike(String one, String other) {
        assertThat(Names.looks(one)).isEqualTo(Names.looks(other));
    }

    @ParameterizedTest
    @CsvSource({"ana,anna", "bob,rob", "carla,carlo", "joão,jorge"})
    void namesThatDoNotAreNot(String one, String other) {
        assertThat(Names.looks(one)).isNotEqualTo(Names.looks(other));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1234567890123", "1 2345 6789 0123", "1-2345-6789-0123", "1.2345.6789.0123"})
    void aNumberIsReadHoweverItWasGrouped(String typed) {
        assertThat(Names.idIn(typed)).isEqualTo("1234567890123");
    }

    @ParameterizedTest
    @ValueSource(strings = {"123456789012", "12345678901234", "x234567890123", "", "١٢٣٤٥٦٧٨٩٠١٢٣"})
    void whatHasNotThirteenDigitsIsNone(String typed) {
        assertThat(Names.idIn(typed)).isNull();
    }
}
