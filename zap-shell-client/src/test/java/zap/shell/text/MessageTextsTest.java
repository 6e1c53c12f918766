package zap.shell.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import zap.protocol.Body;

class MessageTextsTest {

    @Test
    void aTextThatFitsIsOneMessage() {
        assertThat(MessageTexts.split("x".repeat(218))).containsExactly("x".repeat(218));
        assertThat(MessageTexts.split("🦜".repeat(218))).containsExactly("🦜".repeat(218));
    }

    @Test
    void aLongTextIsCutBetweenWords() {
        String text = "word ".repeat(60).strip();
        List<String> parts = MessageTexts.split(text);
        assertThat(parts)
                .hasSize(2)
                .allSatisfy(part -> assertThat(part).startsWith("word").endsWith("word"));
        assertThat(String.join(" ", parts)).isEqualTo(text);
    }

    @Test
    void aWordWithoutEndIsCutWhereTheMessageIsFull() {
        assertThat(MessageTexts.split("x".repeat(500)))
                .extracting(String::length)
                .containsExactly(218, 218, 64);
    }

    @Test
    void whatIsSeenAsOneCharacterIsNotCut() {
        String family = "👨‍👩‍👧‍👦";
        assertThat(MessageTexts.split(family.repeat(60)))
                .allSatisfy(part -> assertThat(part.replace(family, "")).isEmpty());
        assertThat(MessageTexts.split("x".repeat(217) + "e\u0301" + "x".repeat(50))
                        .getFirst())
                .isEqualTo("x".repeat(217));
    }

    @ParameterizedTest
    @ValueSource(strings = {"🇧🇷", "👍🏽", "👩‍🚀", "1️⃣", "é̂", "각", "क्षि", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"})
    void noCharacterIsCut(String character) {
        for (int before = 200; before <= 218; before++) {
            String text = "x".repeat(before) + character.repeat(3) + "y".repeat(100);
            assertThat(MessageTexts.split(text))
                    .allSatisfy(part -> assertThat(part.replace(character, "")).matches("x*y*"));
        }
    }

    @Test
    void aWordThatFitsIntoAMessageIsNotCut() {
        String address = "https://example.org/" + "a".repeat(196);
        assertThat(MessageTexts.split("look at " + address + " please")).containsExactly("look at", address, "please");
    }

    @Test
    void whatIsIndentedStaysSo() {
        String code = "x".repeat(200) + " {  \n    indented(\"" + "y".repeat(150) + "\");\n}";
        assertThat(MessageTexts.split(code))
                .containsExactly("x".repeat(200) + " {", "    indented(\"" + "y".repeat(150) + "\");\n}");
    }

    @Test
    void aBlankLineAtASeamStaysOne() {
        assertThat(MessageTexts.split("x".repeat(200) + "\n\n  " + "z".repeat(100)))
                .containsExactly("x".repeat(200), "\n  " + "z".repeat(100));
    }

    @Test
    void blanksAloneNeverMakeAMessage() {
        assertThat(MessageTexts.split("x" + " ".repeat(500) + "y")).containsExactly("x", "y");
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "\t", "\n", "\u3000"})
    void blanksBeforeTheFirstWordNeverMakeAMessage(String blank) {
        assertThat(MessageTexts.split(blank.repeat(300) + "y")).containsExactly("y");
        assertThat(MessageTexts.split(blank.repeat(4) + "a".repeat(216) + " bb"))
                .containsExactly("a".repeat(216), "bb");
        assertThat(MessageTexts.split(blank.repeat(4) + "a ".repeat(200)).getFirst())
                .startsWith(blank.repeat(4) + "a");
    }

    @Test
    void anAddressBehindAScriptWithoutBlanksIsNotCut() {
        String address = "https://example.org/" + "a".repeat(60);
        assertThat(MessageTexts.split("很长".repeat(90) + address + "很长".repeat(20)))
                .containsExactly("很长".repeat(90), address + "很长".repeat(20));
    }

    @RepeatedTest(100)
    void nothingButBlanksAtTheCutsIsLost(RepetitionInfo info) {
        var random = new Random(info.getCurrentRepetition());
        var text = new StringBuilder("a");
        String[] pieces = {" ", "  ", "\n", "word", "é", "👋🏽", "x".repeat(100), "."};
        while (text.length() < 1500) {
            text.append(pieces[random.nextInt(pieces.length)]);
        }
        List<String> parts = MessageTexts.split(text.toString());
        assertThat(String.join("", parts).replaceAll("\\s", ""))
                .isEqualTo(text.toString().replaceAll("\\s", ""));
        assertThat(parts)
                .allSatisfy(part -> assertThat(MessageTexts.length(part)).isBetween(1, Body.MAX_CODE_POINTS));
    }
}
