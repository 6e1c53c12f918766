package zap.shell.command.context;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.shell.command.runner.ShellRun;

/** Commands and texts from a file or a pipe are taken as written, or refused. */
class StandardInputTest {

    private static final String MARK = "\uFEFF";

    @TempDir
    Path home;

    @BeforeEach
    void profile() {
        ShellRun.profile(home);
    }

    private static InputStream input(String text, Charset charset) {
        return new ByteArrayInputStream(text.getBytes(charset));
    }

    private static List<String> lines(String text) throws IOException {
        var input = new StandardInput(input(text, UTF_8));
        var lines = new ArrayList<String>();
        StandardInput.@Nullable Line line;
        while ((line = input.line()) != null) {
            assertThat(line.number()).isEqualTo(lines.size() + 1L);
            lines.add(line.text());
        }
        return lines;
    }

    @Test
    void linesEndInEveryWayThatIsInUse() throws IOException {
        assertThat(lines("")).isEmpty();
        assertThat(lines("a")).containsExactly("a");
        assertThat(lines("a\nb\r\nc\rd\n")).containsExactly("a", "b", "c", "d");
        assertThat(lines("\n\r\n\r\r")).containsExactly("", "", "", "");
    }

    @Test
    void aByteOrderMarkIsNoPartOfTheFirstLineNorOfAText() throws IOException {
        assertThat(lines(MARK + "whoami\n" + MARK + "help")).containsExactly("whoami", MARK + "help");
        assertThat(lines(MARK)).containsExactly("");
        assertThat(new StandardInput(input(MARK + "olá", UTF_8)).text()).isEqualTo("olá");
        ShellRun run = ShellRun.of(home, input(MARK + "whoami\r\n", UTF_8));
        assertThat(run).isEqualTo(new ShellRun(0, ShellRun.ME + "\n", ""));
    }

    @Test
    void aLineThatIsNotUtf8IsNotRunAndTheOthersAre() {
        ShellRun run = ShellRun.of(
                home, input("contact rename ana carla\ncontact rename carla jo\u00e3o\nwhoami\n", ISO_8859_1));
        assertThat(run.status()).isEqualTo(ExitCode.BAD_DATA.code());
        assertThat(run.err()).isEqualTo("Line 2 is not UTF-8 and was not run.\n");
        assertThat(run.out()).endsWith(ShellRun.ME + "\n");
        assertThat(ShellRun.of(home, "contact", "list").out()).contains("carla").doesNotContain("jo");
    }

    @Test
    void otherEncodingsAreNamedOnceAndNothingOfThemIsRun() {
        for (Charset charset : List.of(UTF_16LE, UTF_16BE, Charset.forName("UTF-32LE"), Charset.forName("UTF-32BE"))) {
            ShellRun run = ShellRun.of(home, input(MARK + "whoami\nwhoami\n", charset));
            assertThat(run.status()).isEqualTo(ExitCode.BAD_DATA.code());
            assertThat(run.out()).isEmpty();
            assertThat(run.err())
                    .as(charset.name())
                    .contains("Line 1", "UTF-16")
                    .hasLineCount(1);
        }
        ShellRun withoutMark = ShellRun.of(home, input("whoami\n", UTF_16LE));
        assertThat(withoutMark.status()).isEqualTo(ExitCode.BAD_DATA.code());
        assertThat(withoutMark.err()).contains("Line 1 is not UTF-8");
    }

    @Test
    void anEndlessLineIsRefusedWithoutBeingKept() {
        String tooLong = "send ana " + "x".repeat(StandardInput.LONGEST_LINE_BYTES);
        ShellRun run = ShellRun.of(home, input(tooLong + "\nwhoami\n", UTF_8));
        assertThat(run.status()).isEqualTo(ExitCode.BAD_DATA.code());
        assertThat(run.err()).isEqualTo("Line 1 has more than 1048576 bytes and was not run.\n");
        assertThat(run.out()).isEqualTo(ShellRun.ME + "\n");
    }

    @Test
    void aScriptGoesOnAfterTroubleAndEndsWithTheCodeOfTheFirst() {
        ShellRun run = ShellRun.of(home, input("history nobody\nfrobnicate\nwhoami\n", UTF_8));
        assertThat(run.status()).isEqualTo(ExitCode.NO_SUCH_PERSON.code());
        assertThat(run.err()).contains("nobody", "frobnicate").hasLineCount(2);
        assertThat(run.out()).isEqualTo(ShellRun.ME + "\n");
    }

    @Test
    void theNextCommandsOfAScriptAreNoText() {
        ShellRun run = ShellRun.of(home, input("send ana -\nwhoami\n", UTF_8));
        assertThat(run.status()).isEqualTo(ExitCode.USAGE.code());
        assertThat(run.err()).contains("Standard input holds the commands");
        assertThat(run.out()).isEqualTo(ShellRun.ME + "\n");
        assertThat(ShellRun.of(home, "history", "ana").out()).doesNotContain("whoami");
    }

    @Test
    void anInputThatCannotBeReadIsSaidInWords() {
        var broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("Input/output error");
            }
        };
        for (ShellRun run : List.of(ShellRun.of(home, broken), ShellRun.of(home, broken, "send", "ana", "-"))) {
            assertThat(run.status()).isEqualTo(ExitCode.BAD_DATA.code());
            assertThat(run.err()).isEqualTo("Standard input cannot be read: Input/output error\n");
        }
    }
}
