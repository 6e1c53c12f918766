package zap.shell.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import zap.shell.text.Names.Fault;

class NamesTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ana",
                "Ana-Maria",
                "João",
                "李雷",
                "R2D2",
                "ana.b",
                "🦜",
                "Dũng",
                "สมชาย",
                "کتاب\u200Cها",
                "ක්\u200Dෂ",
                "क्\u200Dष",
                "👩\u200D🚀",
                "👩🏽\u200D🚀",
                "❤\uFE0F\u200D🔥",
                "র\u200D্যাব",
                "രാജന്\u200D",
                "ꦏ꧀\u200Cꦏ",
                "葛\uDB40\uDD00城"
            })
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
        "a\u200Cna,UNPRINTABLE",
        "an\u200Da,UNPRINTABLE",
        "\u200Cکتاب,UNPRINTABLE",
        "کتاب\u200D,UNPRINTABLE",
        "کتاب\u200C\u200Cها,UNPRINTABLE",
        "۱\u200C۲ک,UNPRINTABLE",
        "a\u200D🚀,UNPRINTABLE",
        "an\u034Fa,UNPRINTABLE",
        "an\uFE0Fa,UNPRINTABLE",
        "an\u17B4a,UNPRINTABLE",
        "ana\uDB40\uDD00,UNPRINTABLE",
        "\uFE0Fana,UNPRINTABLE",
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
        "Julia,Juli\u0307a",
        "Julia,Jul\u0131\u0307a",
        "Juli\u0323a,Juli\u0323\u0307a",
        "mária,ma\u0301\u0301ria",
        "ana,an\u034Fa",
        "❤,❤\uFE0F",
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
    @CsvSource({
        "ana,anna",
        "bob,rob",
        "carla,carlo",
        "joão,jorge",
        "ana,áná",
        "Dũng,Dùng",
        "Aslı,Asli",
        "नीना,नना",
        "かき,がき"
    })
    void namesThatDoNotAreNot(String one, String other) {
        assertThat(Names.looks(one)).isNotEqualTo(Names.looks(other));
    }

    @ParameterizedTest
    @CsvSource({
        "ana,ANA",
        "Dũng,Du\u0303ng",
        "ａｎａ,ana",
        "ｱﾅ,アナ",
        "Σωκράτης,ΣΩΚΡΆΤΗΣ",
        "کتاب\u200Cها,کتابها",
    })
    void aNameIsTheSameInCapitalsAndHoweverUnicodeWritesIt(String one, String other) {
        assertThat(Names.key(one)).isEqualTo(Names.key(other));
    }

    @ParameterizedTest
    @CsvSource({"Dũng,Dung", "Dũng,Dùng", "joão,joao", "Weiß,Weiss", "Işık,Isik", "İnci,inci", "नीना,नना", "สมชาย,สมชย"
    })
    void aNameWithAnotherMarkIsAnotherName(String one, String other) {
        assertThat(Names.key(one)).isNotEqualTo(Names.key(other));
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
