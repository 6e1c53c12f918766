package zap.protocol.transcript;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import zap.protocol.transcript.Transcript.Action;
import zap.protocol.transcript.Transcript.Word;

class TranscriptTest {

    @Test
    void fieldsAreSeparatedByBlanksAndTextStandsBetweenBars() {
        Transcript story = Transcript.parse("""
                # A title.
                A> 05 {ana} {bob} 1795372031 |· a  b·|
                """);
        assertThat(story.title()).isEqualTo("A title.");
        assertThat(story.steps().getFirst().action())
                .isEqualTo(new Action.Says(
                        "A",
                        List.of(
                                new Word.Literal("05"),
                                new Word.Name("ana"),
                                new Word.Name("bob"),
                                new Word.Literal("1795372031"),
                                new Word.Literal("  a  b ")),
                        true));
    }

    @Test
    void whatCannotBeSeenIsWrittenAsInJava() {
        Transcript story = Transcript.parse("""
                # A title.
                A>> |\\n\\t\\0\\|\\\\\\u00e9{3×🦜}{2×\\0}|
                """);
        assertThat(story.steps().getFirst().action())
                .isEqualTo(new Action.Says("A", List.of(new Word.Literal("\n\t\0|\\é🦜🦜🦜\0\0")), false));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "A says hello",
                "a> 01",
                "A> |no end",
                "A> {Not a name}",
                "A> |what is \\q?|",
                "A< in any order",
                "refused SOMEHOW",
                "nothing happens",
            })
    void aLineThatNobodyUnderstandsIsNamed(String line) {
        assertThatThrownBy(() -> Transcript.parse("# A title.\nA> 01\n" + line))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("line 3: " + line);
    }

    @Test
    void aStoryWithoutATitleOrWithoutAnythingThatHappensIsNone() {
        assertThatThrownBy(() -> Transcript.parse("A> 01")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Transcript.parse("# Nothing.")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theLinesForAClientUnderTestAreRead() {
        assertThat(Transcript.parse("# T\nstep send\nC types send {bob} oi  |x|\nC types\nC shows |a\\|b|\n")
                        .steps())
                .extracting(Transcript.Step::action)
                .containsExactly(
                        new Transcript.Action.Begins("send"),
                        new Transcript.Action.Types("C", "send {bob} oi  |x|"),
                        new Transcript.Action.Types("C", ""),
                        new Transcript.Action.Shows("C", "a|b"));
    }
}
