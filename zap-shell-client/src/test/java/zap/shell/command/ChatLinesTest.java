package zap.shell.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatLinesTest {

    @ParameterizedTest
    @ValueSource(strings = {"/quit", "/q", "/exit", "/quit  "})
    void aCommandLeaves(String line) {
        assertThat(MessageCommands.isLeaving(line)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"  /quit", "\t/q", "/quit now", "/other", "/", "/quit\nno"})
    void nothingElseDoes(String line) {
        assertThat(MessageCommands.isLeaving(line)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"  /quit", "/quit now", "/other", "  /x", "/"})
    void aSlashThatIsNotDoubledIsNotSent(String line) {
        assertThat(MessageCommands.isCommand(line)).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            ignoreLeadingAndTrailingWhitespace = false,
            value = {"//x,/x", "  //x,  /x", "///x,//x", "a //x,a //x", "  x,  x", "//,/"})
    void ofTwoSlashesOneIsSent(String line, String text) {
        assertThat(MessageCommands.isCommand(line)).isFalse();
        assertThat(MessageCommands.withoutEscape(line)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/quit\nsend carla oops", "//x\ny", "  /usr/bin\n  /usr/lib"})
    void severalLinesAreATextAsTheyStand(String text) {
        assertThat(MessageCommands.isLeaving(text)).isFalse();
        assertThat(MessageCommands.isCommand(text)).isFalse();
        assertThat(MessageCommands.withoutEscape(text)).isEqualTo(text);
    }
}
