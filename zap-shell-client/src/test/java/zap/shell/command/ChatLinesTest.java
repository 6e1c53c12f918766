package zap.shell.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatLinesTest {

    @ParameterizedTest
    @ValueSource(strings = {"/quit", "/q", "/exit", "/quit  "})
    void aCommandLeaves(String line) {
        assertThat(ChatCommand.isLeaving(line)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"  /quit", "\t/q", "/quit now", "/other", "/", "/quit\nno"})
    void nothingElseDoes(String line) {
        assertThat(ChatCommand.isLeaving(line)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"  /quit", "/quit now", "/other", "  /x", "/"})
    void aSlashThatIsNotDoubledIsNotSent(String line) {
        assertThat(ChatCommand.isCommand(line)).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            ignoreLeadingAndTrailingWhitespace = false,
            value = {"//x,/x", "  //x,  /x", "///x,//x", "a //x,a //x", "  x,  x", "//,/"})
    void ofTwoSlashesOneIsSent(String line, String text) {
        assertThat(ChatCommand.isCommand(line)).isFalse();
        assertThat(ChatCommand.withoutEscape(line)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/quit\nsend carla oops", "//x\ny", "  /usr/bin\n  /usr/lib"})
    void severalLinesAreATextAsTheyStand(String text) {
        assertThat(ChatCommand.isLeaving(text)).isFalse();
        assertThat(ChatCommand.isCommand(text)).isFalse();
        assertThat(ChatCommand.withoutEscape(text)).isEqualTo(text);
    }
}
