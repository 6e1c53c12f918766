package zap.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The canary of the rules in {@link Wording}: each of them finds the mistake that it is there for, and only that. */
class WordingTest {

    private static final String WIDE = "x".repeat(121);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "What came of it.",
                "How many there are.",
                "Whether it is open.",
                "Whoever calls this waits.",
                "So that none is lost.",
                "As long as it lives.",
                "From here on it is closed.",
                "The same as a client."
            })
    void aClauseAtTheBeginningIsFound(String comment) {
        assertThat(Wording.opensIndirectly(comment)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Returns what came of it.",
                "Whole frames of one read.",
                "Howls are counted.",
                "The samest.",
                "Thatched roofs.",
                "Whenever"
            })
    void aVerbOrANounAtTheBeginningIsNot(String comment) {
        assertThat(Wording.opensIndirectly(comment)).isFalse();
    }

    @Test
    void docCommentsAreReadWithoutStarsAndParagraphs() {
        JavaFile file = source("""
                /**
                 * What it is.
                 *
                 * <p>And why.
                 */
                class A {
                    /** <p>Returns b. */
                    char quote = '"'; // "no string
                    String text = "/** no comment */"; /* nor this a doc comment */
                    String block = \"""
                            /** nor this " */\""";
                    /***/
                    int c;
                    /**/
                    int d;
                }
                """);
        assertThat(file.docComments()).containsExactly("What it is. <p>And why.", "Returns b.");
        assertThat(file.comments()).extracting(JavaFile.Comment::line).containsExactly(1, 7, 8, 9, 12, 14);
    }

    @Test
    void aWideLineOfACommentIsFoundAndALinkOrCodeIsNot() {
        assertThat(Wording.wideCommentLines(source("class A {\n    // " + WIDE + "\n    /**\n     * " + WIDE
                        + "\n     * https://example.org/" + WIDE + "\n     */\n    String s = \"" + WIDE + "\";\n}\n")))
                .containsExactly(2, 4);
        assertThat(Wording.wideLines("# " + WIDE + "\n| " + WIDE + " |\n```\n" + WIDE + "\n```\n" + WIDE + "\n\n    "
                        + WIDE + "\n\n[a](b" + WIDE + ")\n"))
                .containsExactly(1, 6);
    }

    @Test
    void aNameOfATypeThatDoesNotExistIsFound() {
        JavaFile file = source("""
                import java.nio.file.Path;

                /** See {@code Gone}, {@code GoneTest}, {@code GoneIT}, {@code Path.of("x")}, {@code A.B}, {@code A#b()}. */
                class A {
                    /** Not {@code TAIL}, {@code null}, or {@code List<Lost>}. */
                    record B(String name) {}
                }
                """);
        assertThat(Wording.unknownTypes(file, file.knownTypes())).containsExactly("Gone", "GoneTest", "GoneIT", "List");
        assertThat(Wording.unknownTypes(file, Wording.typesOfTheJdk()))
                .contains("Gone")
                .doesNotContain("Path", "List");
    }

    @Test
    void aNameOfTwoTypesIsFound() {
        JavaFile one = new JavaFile(Path.of("one"), "", List.of(), "class A { class B {} }");
        JavaFile two = new JavaFile(Path.of("two"), "", List.of(), "record B() {}\nsealed interface A {}");
        assertThat(Wording.homonyms(List.of(one, two)).keySet()).isEqualTo(Set.of("A"));
    }

    @Test
    void theScreensOfAReadmeDoNotCount() {
        assertThat(Wording.linesWithoutScreens("""
                        one
                        <!-- What follows was written by ops/tests/acceptance/conversation. -->
                        a screen
                        <!-- What is above was written by ops/tests/acceptance/conversation. -->
                        two
                        """)).isEqualTo(2);
    }

    private static JavaFile source(String text) {
        return JavaFile.of(Path.of("A.java"), text);
    }
}
