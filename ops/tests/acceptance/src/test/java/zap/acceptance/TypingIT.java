package zap.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static zap.acceptance.TerminalWindow.BACKSPACE;
import static zap.acceptance.TerminalWindow.CTRL_C;
import static zap.acceptance.TerminalWindow.CTRL_D;
import static zap.acceptance.TerminalWindow.END;
import static zap.acceptance.TerminalWindow.ENTER;
import static zap.acceptance.TerminalWindow.HOME;
import static zap.acceptance.TerminalWindow.LEFT;

import com.techsenger.jeditermfx.core.TextStyle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import zap.server.testing.FrameText;
import zap.server.testing.WireClient;

/**
 * Typing, in a real terminal: what is typed is what is sent, and what comes meanwhile does not disturb it.
 *
 * <p>One session for all, as a start takes a second or two. Each test begins and ends at an empty prompt.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TypingIT {

    /** The exit code of a program that Ctrl-C has ended. */
    static final int INTERRUPTED = 130;

    private static final String PROMPT = "zap ● online ❯";

    private Person ana;
    private TerminalWindow window;
    private WireClient bob;
    private String anaId;
    private String bobId;
    private long clock = Instant.now().getEpochSecond();

    @BeforeAll
    void open(@TempDir Path home) {
        bob = RealServer.connect("bob");
        bobId = bob.register();
        ana = Person.at(home, "ana");
        window = ana.session("--server", RealServer.address()).shows("not registered ❯");
        window.enter("register").shows("online ❯");
        window.enter("contact add bob " + bobId).shows("bob is");
        window.hasTyped(PROMPT);
        anaId = window.everything().stream()
                .filter(line -> line.startsWith("You are"))
                .map(line -> line.replaceFirst(".*: ", ""))
                .findFirst()
                .orElseThrow();
    }

    @AfterEach
    void atAnEmptyPrompt() {
        if (!window.cursorLine().equals(PROMPT)) {
            // After a failure: it should not be the failure of all that follow.
            window.close();
            window = ana.session().shows("online ❯");
            reads();
        }
    }

    @AfterAll
    void close() {
        window.close();
        bob.close();
    }

    /** Returns the next frame that Bob hears, receipts excepted. */
    private String heard() {
        String frame = bob.readFrame();
        while (!frame.startsWith("06")) {
            frame = bob.readFrame();
        }
        assertThat(frame).startsWith("06" + anaId + bobId);
        return frame.substring("06".length() + 13 + 13 + 10).stripTrailing();
    }

    /** Bob writes something. */
    private void says(String text) {
        bob.send(FrameText.send(bobId, anaId, ++clock, text));
    }

    /** Ana leaves the chat once its prompt is back: a key that comes between two lines is the terminal's. */
    private void leavesChat() {
        window.hasTyped("bob ● ❯").type(CTRL_D).hasTyped(PROMPT);
    }

    /** Ana reads what is new, so that her prompt counts nothing. */
    private void reads() {
        window.enter("read").hasTyped(PROMPT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "don't",
                "wow!!",
                "\"quoted\" and 'quoted' and \"half",
                "three   blanks   in a row",
                "   blanks in front",
                "back\\slash \\n $HOME `id` * ? ~ | > # ; & % %n",
                "-not an option --neither",
                "olá, coração 🦜 日本語"
            })
    void whatIsTypedIsWhatIsSent(String text) {
        window.enter("send bob " + text);
        assertThat(heard()).isEqualTo(text);
        window.shows(text + " #").hasTyped(PROMPT);

        window.enter("chat bob").hasTyped("bob ● ❯");
        window.enter(text);
        assertThat(heard()).isEqualTo(text);
        leavesChat();
    }

    @Test
    void aMessageThatComesWhileALineIsTypedStandsAboveItAndTheLineIsSentAsItWasTyped() {
        window.type("send bob half a li").hasTyped(PROMPT + " send bob half a li");
        says("am I disturbing?");
        window.shows("am I disturbing?").hasTyped("zap (1) ● online ❯ send bob half a li");
        assertThat(window.screen()).endsWith("zap (1) ● online ❯ send bob half a li");
        assertThat(window.screen().get(window.screen().size() - 2)).contains("bob", "am I disturbing?");
        window.type("ne" + ENTER);
        assertThat(heard()).isEqualTo("half a line");
        window.shows("half a line #");
        reads();
    }

    @Test
    void theCursorStaysWhereItIsInTheLine() {
        window.type("send bob bon dia" + LEFT.repeat(4)).hasTyped(PROMPT + " send bob bon dia");
        says("one");
        says("two");
        says("three");
        window.shows("three").hasTyped("zap (3) ● online ❯ send bob bon dia");
        window.type("\u007fm").hasTyped("zap (3) ● online ❯ send bob bom dia");
        window.type(ENTER);
        assertThat(heard()).isEqualTo("bom dia");
        window.shows("bom dia #");
        reads();
    }

    @Test
    void aPastedParagraphIsOneMessage() {
        String paragraph = "First, the bread.\n  Then the cheese:\nread this and send it on!!\n\nLast: don't forget.";
        window.type("send bob ").paste(paragraph).shows("Last: don't forget.");
        window.type(ENTER);
        assertThat(heard()).isEqualTo(paragraph);
        window.hasTyped(PROMPT);

        window.enter("chat bob").hasTyped("bob ● ❯");
        window.paste(paragraph).type(ENTER);
        assertThat(heard()).isEqualTo(paragraph);
        leavesChat();
    }

    @Test
    void aMessageOf300CharactersIsCutBetweenWords() {
        String text = "palavra e mais ".repeat(20).strip(); // 299
        window.enter("send bob " + text);
        String first = heard();
        String second = heard();
        assertThat(first + " " + second).isEqualTo(text);
        assertThat(first.length()).isLessThanOrEqualTo(218).isGreaterThan(200);
        window.shows("sent as 2 messages").hasTyped(PROMPT);
    }

    @Test
    void ctrlCGivesUpTheLineAndNotTheSession() {
        window.type("send bob this is not for y").hasTyped(PROMPT + " send bob this is not for y");
        window.type(CTRL_C).hasTyped(PROMPT);
        window.enter("chat bob").hasTyped("bob ● ❯");
        window.type("nor this").hasTyped("bob ● ❯ nor this");
        window.type(CTRL_C).hasTyped("bob ● ❯");
        window.enter("but this");
        assertThat(heard()).isEqualTo("but this");
        leavesChat();
        assertThat(window.isRunning()).isTrue();
    }

    /** A server that never answers. */
    private static ServerSocket silentServer() throws IOException {
        var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        server.setSoTimeout(30_000);
        return server;
    }

    /** Returns the next connection, when the client waits for the answer to its first frame. */
    private static Socket awaitHello(ServerSocket server) throws IOException {
        Socket connection = server.accept();
        assertThat(connection.getInputStream().readNBytes(4)).asString().isEqualTo("3002");
        return connection;
    }

    @Test
    void ctrlCCancelsACommandThatWaitsForTheServer(@TempDir Path home) throws Exception {
        try (ServerSocket silent = silentServer();
                TerminalWindow carla =
                        Person.at(home, "carla").session("--server", "127.0.0.1:" + silent.getLocalPort())) {
            carla.shows("not registered ❯");
            for (String command : List.of("register", "doctor")) {
                long before = carla.count("Cancelled.");
                carla.enter(command);
                try (Socket _ = awaitHello(silent)) {
                    carla.type(CTRL_C).awaits(command + " to end", _ -> carla.count("Cancelled.") > before);
                }
                carla.hasTyped("zap ○ not registered ❯");
            }
        }
    }

    @Test
    void ctrlCEndsASingleCommandThatWaitsForTheServer(@TempDir Path home) throws Exception {
        try (ServerSocket silent = silentServer();
                TerminalWindow carla = Person.at(home, "carla")
                        .session("--server", "127.0.0.1:" + silent.getLocalPort(), "register")) {
            try (Socket _ = awaitHello(silent)) {
                assertThat(carla.type(CTRL_C).exitCode()).isEqualTo(INTERRUPTED);
            }
        }
    }

    @Test
    void severalCommandsThatComeAtOnceWaitForAKey() {
        window.type("unread" + ENTER + "whoami" + ENTER).showsLine("whoami");
        long before = window.count(anaId);
        window.type(ENTER).awaits("the second one's answer", lines -> window.count(anaId) > before);
        window.hasTyped(PROMPT);
    }

    @ParameterizedTest
    @ValueSource(ints = {20, TerminalWindow.COLUMNS})
    void aPasteWithoutBracketsIsOneMessage(int columns) {
        String paste = "first\n/quit\nsend carla oops\n\n\tindented\tby tabs\nlast of " + columns;
        window.enter("chat bob").hasTyped("bob ● ❯");
        window.resize(columns, TerminalWindow.ROWS);
        try {
            window.type(paste.replace('\n', '\r') + ENTER).shows("last of " + columns);
            window.type(ENTER);
            assertThat(heard()).isEqualTo(paste);
        } finally {
            window.resize(TerminalWindow.COLUMNS, TerminalWindow.ROWS);
        }
        leavesChat();
    }

    @Test
    void aPasteWithLineBreaksOfWindowsIsOneMessage() {
        window.type("send bob ").type("\u001b[200~one\r\n\r\ntwo\u001b[201~").shows("two");
        window.type(ENTER);
        assertThat(heard()).isEqualTo("one\n\ntwo");
        window.hasTyped(PROMPT);
    }

    @ParameterizedTest
    @CsvSource({
        "20, ✅⭐⚡⌚❌",
        "100, ✅⭐⚡⌚❌",
        "20, 🇧🇷🇺🇸",
        "100, 🇧🇷🇺🇸",
        "20, สวัสดี",
        "100, สวัสดี",
        "20, 👨\u200D👩\u200D👧",
        "100, 👨\u200D👩\u200D👧 👋🏽",
        "20, ❤\uFE0F 1\uFE0F\u20E3 😀",
        "100, ❤\uFE0F 1\uFE0F\u20E3 😀",
        "20, नमस्ते",
        "100, नमस्ते"
    })
    void whatIsOnTheScreenIsWhatIsSent(int columns, String text) {
        window.enter("chat bob").hasTyped("bob ● ❯");
        window.resize(columns, TerminalWindow.ROWS);
        try {
            window.type("1" + text).hasTyped("bob ● ❯ 1" + text);
            // The first column of what is typed, and what stands there.
            window.type(HOME + "\u001b[3~" + "2").hasTyped("bob ● ❯ 2" + text);
            assertThat(window.cursorColumn()).isEqualTo("bob ● ❯ 2".length());
            // Every Backspace takes one character that can be seen, and all of it.
            window.type(END + "🇧🇷" + BACKSPACE).hasTyped("bob ● ❯ 2" + text);
            window.type("3").hasTyped("bob ● ❯ 2" + text + "3");
            window.type(ENTER);
            assertThat(heard()).isEqualTo("2" + text + "3");
        } finally {
            window.resize(TerminalWindow.COLUMNS, TerminalWindow.ROWS);
        }
        leavesChat();
    }

    /** In rows of 20 columns a wide character ends with the row, or does not fit into its last column. */
    @ParameterizedTest
    @CsvSource({"12😀😀😀😀😀, '', 😀😀", "1😀😀😀😀😀, ' ', 😀😀"})
    void wideCharactersThatComeOneByOneFillARowAndGoOnInTheNext(String row, String gap, String next) {
        String empty = "bob ● ❯ ";
        window.enter("chat bob").hasTyped("bob ● ❯");
        window.resize(20, TerminalWindow.ROWS);
        try {
            typeOneByOne(empty, row);
            typeOneByOne(empty + row + gap, next);
            window.type(BACKSPACE.repeat(next.codePointCount(0, next.length()))).hasTyped(empty + row);
            window.type(ENTER);
            assertThat(heard()).isEqualTo(row);
        } finally {
            window.resize(TerminalWindow.COLUMNS, TerminalWindow.ROWS);
        }
        leavesChat();
    }

    /** Types a text, and waits after each character until it is behind what stands there already. */
    private void typeOneByOne(String before, String text) {
        var line = new StringBuilder(before);
        text.codePoints()
                .forEach(character -> window.type(Character.toString(character))
                        .hasTyped(line.appendCodePoint(character).toString()));
    }

    @Test
    void inAChatOnlyASlashAtTheLinesBeginningIsACommand() {
        window.enter("chat bob").hasTyped("bob ● ❯");
        window.enter("  /quit").shows("/quit at the beginning of a line leaves").hasTyped("bob ● ❯");
        window.enter("  //x");
        assertThat(heard()).isEqualTo("  /x");
        window.enter("/quit").hasTyped(PROMPT);
    }

    @Test
    void aSessionIsSuspendedAndGivesTheTerminalBackAsItWas() {
        try (TerminalWindow shell = ana.with("PS1", "shell> ").shell()) {
            shell.shows("shell>").enter("stty -g > before; " + ana.call()).shows("❯");
            shell.type("send bob half").shows("send bob half");
            shell.type("\u001a").shows("Stopped");
            shell.enter("echo not for $((40 + 2))").shows("not for 42");
            shell.enter("stty -g > while; cmp before while && echo as be''fore").shows("as before");
            shell.type("fg" + ENTER).awaits("the line", lines -> lines.getLast().endsWith("❯ send bob half"));
            shell.type(CTRL_C)
                    .awaits("an empty prompt", lines -> lines.getLast().endsWith("line ❯"));
            shell.type(CTRL_D).awaits("the shell", lines -> lines.getLast().equals("shell>"));
            shell.enter("stty -g > after; cmp before after && echo as at fir''st")
                    .shows("as at first");
        }
    }

    @Test
    void aLongOutputStopsAfterAScreenfulAndOnlyWhatWasShownIsRead() {
        int count = 2 * TerminalWindow.ROWS;
        for (int i = 1; i <= count; i++) {
            says("line " + i);
        }
        window.hasTyped("zap (" + count + ") ● online ❯");
        window.enter("read").shows(" more: Enter or space");
        int left = window.everything().stream()
                .filter(line -> line.contains(" more: Enter or space"))
                .map(line -> line.replaceFirst(".*-- (\\d+) more: .*", "$1"))
                .mapToInt(Integer::parseInt)
                .findFirst()
                .orElseThrow();
        assertThat(left).isLessThan(count);
        window.type(CTRL_C).hasTyped("zap (" + left + ") ● online ❯");
        window.enter("read").shows(" more: Enter or space");
        window.type("a").hasTyped(PROMPT);
    }

    @Test
    void aWindowMadeNarrowWhileALineIsTypedKeepsTheLine() {
        String text = "a line that is longer than the window will be wide when somebody pulls at its corner";
        window.type("send bob " + text).shows(text);
        try {
            window.resize(60, TerminalWindow.ROWS);
            says("still there?");
            window.shows("still there?");
            window.type(", and then goes on");
            window.hasTyped("zap (1) ● online ❯ send bob " + text + ", and then goes on");
            window.type(ENTER);
            assertThat(heard()).isEqualTo(text + ", and then goes on");
        } finally {
            window.resize(TerminalWindow.COLUMNS, TerminalWindow.ROWS);
        }
        reads();
    }

    @Test
    void whatStrangersSendDoesNothingToTheTerminal() {
        window.enter("help").shows("More about a command");
        window.hasTyped(PROMPT);
        List<String> before = window.screen();
        int bells = window.bells();
        int from = window.written().length();
        List<String> attacks = List.of(
                "\u001b[31mred\u001b[0m",
                "\u001b[2J\u001b[Hcleared",
                "\u001b]0;renamed\u0007",
                "\u009b31m and \u009d0;renamed\u009c",
                "\u001b[6n\u001b[c who are you",
                "\u001b[?1049h\u001bc\u001b[99B",
                "\u001bP+q544e\u001b\\ \u001b_x\u001b\\",
                "\u202eevil\u202c \u2066x\u2069",
                "over\rwritten\b\b\b\u007f",
                "00:00    carla      I never said this\n00:00    bob        nor I this");
        attacks.forEach(this::says);
        window.shows("nor I this").hasTyped("zap (" + attacks.size() + ") ● online ❯");

        String written = window.written().substring(from);
        assertThat(written.codePoints().filter(c -> c >= 0x80 && c < 0xa0)).isEmpty();
        assertThat(written)
                .doesNotContain("\u202e", "\u2066", "\u001b]", "\u001bP", "\u001bc", "\u001b_", "\u001b[?1049h");
        assertThat(written).doesNotContain("\u001b[2J", "\u001b[6n", "\u001b[c", "\u001b[31m");
        assertThat(window.title()).isEmpty();
        assertThat(window.bells()).isEqualTo(bells + attacks.size());
        assertThat(window.styleOf("red␛")).isEqualTo(TextStyle.EMPTY);
        assertThat(window.everything()).containsAll(before.subList(1, before.size() - 1));
        assertThat(window.everything()).noneMatch(line -> line.startsWith("00:00"));

        window.enter("read").hasTyped(PROMPT);
        window.enter("history bob --last " + attacks.size()).hasTyped(PROMPT);
        String all = window.written().substring(from);
        assertThat(all.codePoints().filter(c -> c >= 0x80 && c < 0xa0)).isEmpty();
        assertThat(all).doesNotContain("\u001b]", "\u001b[2J", "\u001b[31m", "\u202e");
        assertThat(window.title()).isEmpty();
    }
}
