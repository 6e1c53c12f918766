package zap.shell.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SearchTermsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a cup of café | cafe",
                "a cup of cafe | CAFÉ",
                "Straße | strasse",
                "STRASSE | straße",
                "Łódź | lodz",
                "ＦＵＬＬ　width | full",
                "half ｱﾅ | アナ",
                "すべての人間は、生まれながら | 人間",
                "すべての人間は、生まれながら | 生まれ",
                "全世界無產者 | 世界",
                "สวัสดีชาวโลก | ชาว",
                "written in C++ today | C++",
                "written in C# today | c#",
                "thumbs 👍🏽 up | 👍",
                "party🎉time | 🎉",
                "a family 👨‍👩‍👧 | 👨‍👩‍👧",
                "it costs 5€ | 5€",
                "don’t | don't",
                "hello, world! | hello",
                "hello world | hello,",
                "hello world | (world)",
                "unfinished | unfin",
                "two words apart | apart two",
                "사람은 누구나 | 사람",
                "한국사람은 누구나 | 사람",
                "नमस्ते दुनिया | दुनिया",
                "کتاب‌های | کتاب",
                "مُحَمَّد | محمد",
                "ёлка | елка",
            })
    void aTextIsFoundByItsWordsSignsAndCharacters(String text, String words) {
        assertThat(SearchTerms.matches(text, words)).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a cup of café | C++",
                "a cup of coffee | offee",
                "すべての人間は | 間人",
                "かき | がき",
                "한국사람 | 람사",
                "한국사람 | 사라",
                "one | one two",
                "नना | नीना",
                "thumbs 👎 down | 👍",
                "unfin | unfinished",
                "one two | on two",
            })
    void aTextIsNotFoundByWhatIsNotInIt(String text, String words) {
        assertThat(SearchTerms.matches(text, words)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "\u200D", "\t"})
    void inNothingThereIsNothingToLookFor(String words) {
        assertThat(SearchTerms.query(words)).isEmpty();
        assertThat(SearchTerms.matches("anything", words)).isFalse();
    }

    @Test
    void aQueryIsMadeOfPhrases() {
        assertThat(SearchTerms.query("Olá \"mundo\"")).contains("\"ola\" \"mundo\"*");
        assertThat(SearchTerms.query("人間")).contains("\"人 間\"");
    }

    /** Passes typed searches to FTS5: none of their characters may act as FTS5's own syntax. */
    @ParameterizedTest
    @ValueSource(strings = {"\"", "*", "a AND (b", "NEAR(", "-x", "^a", "a:b", "\"\"", "'"})
    void noSignIsTakenForAnOperator(String words) {
        SearchTerms.query(words)
                .ifPresent(query -> assertThat(query.replaceAll("\"[\\p{L}\\p{N}\\p{M}\\p{Co} ]+\"\\*?", ""))
                        .isBlank());
    }
}
