package zap.shell.command.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jline.builtins.ScreenTerminal;
import org.jline.reader.EndOfFileException;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.LineDisciplineTerminal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import zap.protocol.ClientId;
import zap.protocol.PosixTime;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.ShellForTest;
import zap.shell.command.terminal.TerminalScreen;
import zap.shell.command.terminal.WordParser;
import zap.shell.store.IncomingMessages;
import zap.shell.store.Messages.Message;

/** The screen after typed keys: JLine's own line discipline, with its screen emulator behind it. */
class TypedScreenTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final ClientId ANA = ClientId.parse("1000000000002");
    private static final int WIDTH = 80;
    private static final int HEIGHT = 24;

    @TempDir
    Path folder;

    private volatile Instant now = Instant.now();
    private final ScreenTerminal glass = new ScreenTerminal(WIDTH, HEIGHT);
    private ShellContext shell;
    private LiveView live;
    private LineDisciplineTerminal terminal;
    private TerminalScreen screen;

    @BeforeEach
    void open() throws Exception {
        shell = ShellForTest.in(folder).interactive().clock(() -> now).build();
        shell.client().settings().self(ME);
        shell.client().people().name(ANA, "ana");
        live = new LiveView(shell);
        terminal = new LineDisciplineTerminal(
                "zap",
                "xterm",
                new OutputStream() {
                    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

                    @Override
                    public synchronized void write(int b) {
                        bytes.write(b);
                    }

                    @Override
                    public synchronized void flush() {
                        glass.write(bytes.toString(StandardCharsets.UTF_8));
                        bytes.reset();
                        String answer = glass.read();
                        if (!answer.isEmpty()) {
                            answer(answer);
                        }
                    }
                },
                StandardCharsets.UTF_8);
        terminal.setSize(new Size(WIDTH, HEIGHT));
        screen = new TerminalScreen(
                terminal, live, new WordParser(), (reader, line, candidates) -> {}, folder.resolve("commands"));
        live.screen(screen);
    }

    @AfterEach
    void close() throws IOException {
        terminal.close();
        shell.close();
    }

    private CompletableFuture<String> reading() {
        var line = new CompletableFuture<String>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                line.complete(screen.commandLine());
            } catch (EndOfFileException | UserInterruptException e) {
                line.completeExceptionally(e);
            }
        });
        shows(text -> text.contains("❯"));
        return line;
    }

    /** Sends an answer of the terminal. */
    private void answer(String answer) {
        try {
            types(answer);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void types(String keys) throws IOException {
        terminal.processInputBytes(keys.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns the screen's content, without the blanks at the ends of lines. */
    private String glass() {
        long[] cells = new long[WIDTH * HEIGHT];
        glass.dump(cells, 0, 0, HEIGHT, WIDTH, new int[2]);
        var text = new StringBuilder();
        for (int row = 0; row < HEIGHT; row++) {
            var line = new StringBuilder();
            for (int column = 0; column < WIDTH; column++) {
                int c = (int) (cells[row * WIDTH + column] & 0xFFFFFFFFL);
                line.appendCodePoint(c == 0 ? ' ' : c);
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString().stripTrailing();
    }

    private String shows(Predicate<String> what) {
        Instant end = Instant.now().plus(Duration.ofSeconds(20));
        while (!what.test(glass())) {
            if (Instant.now().isAfter(end)) {
                throw new AssertionError("The screen shows:\n" + glass());
            }
            Thread.onSpinWait();
        }
        return glass();
    }

    private static boolean comesTrue(BooleanSupplier condition) {
        Instant end = Instant.now().plus(Duration.ofSeconds(20));
        while (!condition.getAsBoolean() && Instant.now().isBefore(end)) {
            Thread.onSpinWait();
        }
        return condition.getAsBoolean();
    }

    private Message arrives(String text) {
        Message message = new IncomingMessages(shell.client().database())
                .add(ANA.asAddress(), ANA, new PosixTime(1_800_000_000), text, Instant.now(), 1);
        live.arrived(message);
        return message;
    }

    @Test
    void aMessageArrivesAboveTheHalfTypedLineAndTheLineCanBeFinished() throws Exception {
        var line = reading();
        types("send ana hal");
        shows(text -> text.endsWith("❯ send ana hal"));
        arrives("olá!");
        String glass = shows(text -> text.contains("olá!") && text.endsWith("❯ send ana hal"));
        assertThat(glass.lines().toList().getLast()).startsWith("zap (1) ○ offline ❯");
        types("f a line\r");
        assertThat(line.get(20, TimeUnit.SECONDS)).isEqualTo("send ana half a line");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "send ana don't",
                "send ana wow!!",
                "send ana \"quoted\"",
                "send ana a   b",
                "send ana \\",
                "send ana olá",
                "send ana !1 !x ^a^b"
            })
    void whatIsTypedIsWhatIsRead(String typed) throws Exception {
        var line = reading();
        types(typed + "\r");
        assertThat(line.get(20, TimeUnit.SECONDS)).isEqualTo(typed);
    }

    @Test
    void aPastedParagraphIsOneInput() throws Exception {
        var line = reading();
        types("\u001b[200~send ana one\n\n  two\nthree\u001b[201~");
        types("\r");
        assertThat(line.get(20, TimeUnit.SECONDS)).isEqualTo("send ana one\n\n  two\nthree");
    }

    @Test
    void aPasteWithLineBreaksOfWindowsHasAsManyLinesAsItHad() throws Exception {
        var line = reading();
        types("\u001b[200~send ana one\r\n\r\n\ttwo\r\nthree\u001b[201~");
        types("\r");
        assertThat(line.get(20, TimeUnit.SECONDS)).isEqualTo("send ana one\n\n\ttwo\nthree");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\r", "\n", "\r\n"})
    void aPasteWithoutBracketsIsKeptWholeAndEndedByAKey(String lineBreak) throws Exception {
        var line = reading();
        String paste = "send ana one\n/quit\nsend carla oops\n\n\ttabs\tstay\nquit\n";
        types(paste.replace("\n", lineBreak));
        shows(text -> text.endsWith("quit") || text.endsWith("quit\n"));
        assertThat(line).isNotDone();
        types("\r");
        assertThat(line.get(20, TimeUnit.SECONDS)).isEqualTo(paste);
        assertThat(shell.client().messages().count(zap.shell.store.Messages.DeliveryState.WAITING))
                .isZero();
    }

    @Test
    void aTabBeforeEnterIsAKeyHoweverFastBothCome() throws Exception {
        var line = reading();
        types("whoami\t\r");
        assertThat(line.get(20, TimeUnit.SECONDS)).isEqualTo("whoami");
    }

    @Test
    void aTabInsideAPasteIsText() throws Exception {
        var line = reading();
        types("send ana a\tb\tc");
        shows(text -> text.endsWith("c"));
        types("\r");
        assertThat(line.get(20, TimeUnit.SECONDS)).isEqualTo("send ana a\tb\tc");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "✅",
                "⭐",
                "⚡",
                "⌚",
                "❌",
                "🇧🇷",
                "👨\u200D👩\u200D👧",
                "👋🏽",
                "❤\uFE0F",
                "1\uFE0F\u20E3",
                "วั",
                "क्षि",
                "e\u0301",
                "한",
                "日"
            })
    void aClusterIsOneForEachKeyAndAsWideAsTheTerminalDrawsIt(String cluster) throws Exception {
        var line = reading();
        types("send ana " + cluster + "bc");
        shows(text -> text.endsWith("bc"));
        // Home and a letter, End and Backspace for the letters, then one Backspace for all of the cluster.
        types("\u0001>\u0005");
        shows(text -> text.contains("❯ >send ana "));
        types("\u007f\u007f\u007f!");
        shows(text -> text.endsWith("❯ >send ana !"));
        // To the left of the cluster, and after it again.
        types("\u007f" + cluster + cluster + LEFT + LEFT + "l" + RIGHT + "r");
        types("\u0004" + "\r");
        assertThat(line.get(20, TimeUnit.SECONDS)).isEqualTo(">send ana l" + cluster + "r");
    }

    @Test
    void keysThatAreTypedWhileTheTerminalIsAskedAreNotLost() throws Exception {
        var line = reading();
        types("send ana ✅ สวัสดี 🇧🇷 and ⭐ more\u0001\u0006\u007fS\r");
        assertThat(line.get(20, TimeUnit.SECONDS)).isEqualTo("Send ana ✅ สวัสดี 🇧🇷 and ⭐ more");
    }

    @Test
    void threeHundredCharactersWrapAndStayWhole() throws Exception {
        var line = reading();
        String typed = "send ana " + "word ".repeat(60).strip();
        types(typed);
        arrives("in between");
        shows(text -> text.contains("in between") && text.replace("\n", "").endsWith("word word"));
        types("\r");
        assertThat(line.get(20, TimeUnit.SECONDS)).isEqualTo(typed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"send ana ", "reply #12 "})
    void aTextThatIsNearlyTooLongIsCounted(String command) throws Exception {
        var line = reading();
        types(command + "x".repeat(189));
        String before = shows(text -> text.replace("\n", "").endsWith("x".repeat(189)));
        assertThat(before).doesNotContain("/218");
        types("y");
        shows(text -> text.contains("offline 190/218 ❯"));
        types("z".repeat(30));
        shows(text -> text.contains("offline 220/218 2 messages ❯"));
        types("\u007f".repeat(31));
        shows(text -> text.contains("offline ❯"));
        types("\r");
        assertThat(line.get(20, TimeUnit.SECONDS)).isEqualTo(command + "x".repeat(189));
    }

    @Test
    void whoHasBeenAwayFromTheOpenChatHasReadItOnceAKeyIsPressed() throws Exception {
        reading();
        live.enter(ANA.asAddress());
        live.entered(List.of());
        now = now.plus(Duration.ofMinutes(5));
        Message message = arrives("are you there?");
        shows(text -> text.contains("are you there?"));
        assertThat(shell.client()
                        .messages()
                        .find(message.number())
                        .orElseThrow()
                        .seen())
                .isFalse();
        types("y");
        shows(text -> text.endsWith("y"));
        assertThat(comesTrue(() -> shell.client()
                        .messages()
                        .find(message.number())
                        .orElseThrow()
                        .seen()))
                .isTrue();
    }

    @Test
    void controlCGivesUpTheLineAndControlDLeaves() throws Exception {
        var line = reading();
        types("half");
        shows(text -> text.endsWith("half"));
        terminal.raise(Terminal.Signal.INT);
        assertThat(line)
                .failsWithin(Duration.ofSeconds(20))
                .withThrowableThat()
                .withCauseInstanceOf(UserInterruptException.class);
        var next = reading();
        types("\u0004");
        assertThat(next)
                .failsWithin(Duration.ofSeconds(20))
                .withThrowableThat()
                .withCauseInstanceOf(EndOfFileException.class);
    }

    @Test
    void anIncomingMessageOfEscapeSequencesDoesNothingToTheTerminal() throws Exception {
        reading();
        types("kept");
        shows(text -> text.endsWith("kept"));
        arrives("\u001b[2J\u001b[H\u001b]0;owned\u0007\u009b31m\u202Egone");
        String glass = shows(text -> text.contains("gone"));
        assertThat(glass).contains("␛[2J␛[H␛]0;owned␇⟨U+009B⟩31m⟨U+202E⟩gone").endsWith("❯ kept");
    }

    @Test
    void aWindowMadeNarrowKeepsTheLine() throws Exception {
        var line = reading();
        types("send ana a line that is longer than forty columns are wide");
        shows(text -> text.endsWith("wide"));
        glass.setSize(40, HEIGHT);
        terminal.setSize(new Size(40, HEIGHT));
        terminal.raise(Terminal.Signal.WINCH);
        types("!\r");
        assertThat(line.get(20, TimeUnit.SECONDS))
                .isEqualTo("send ana a line that is longer than forty columns are wide!");
    }

    @Test
    void aLineAboveThePromptIsNotReadAndOneInTheOpenChatIsOnceAKeyIsPressed() throws Exception {
        reading();
        Message above = arrives("above");
        types("x");
        shows(text -> text.endsWith("x"));
        assertThat(shell.client().messages().find(above.number()).orElseThrow().seen())
                .isFalse();
        live.enter(ANA.asAddress());
        live.entered(List.of());
        Message inside = arrives("inside");
        types("y");
        shows(text ->
                shell.client().messages().find(inside.number()).orElseThrow().seen());
        // The message above was not shown as read and is of the same second, so no receipt is sent.
        assertThat(shell.client().readMarks().due(Instant.now())).isEmpty();
    }

    /** The key as terminals send it in the mode "application cursor keys". */
    private static final String LEFT = "\u001bOD";

    private static final String RIGHT = "\u001bOC";

    private static void leave(Runnable reading) {
        try {
            reading.run();
        } catch (EndOfFileException e) {
            // The user has left, by Ctrl-D.
        }
    }

    @Test
    void whatComesWhileAChatIsOpenedAndLeftStandsOnLinesOfItsOwn() throws Exception {
        int rounds = 300;
        var typing = new CompletableFuture<Void>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                for (int i = 0; i < rounds; i++) {
                    leave(screen::commandLine);
                    live.enter(ANA.asAddress());
                    live.entered(List.of());
                    screen.chatLine();
                    live.leave();
                }
                typing.complete(null);
            } catch (RuntimeException e) {
                typing.completeExceptionally(e);
            }
        });
        int above = 0;
        int looked = 0;
        types("\u0004".repeat(2 * rounds));
        while (!typing.isDone()) {
            screen.above("above " + above++);
            // Prompts may have scrolled all of them off the screen.
            List<String> lines =
                    glass().lines().filter(line -> line.contains("above")).toList();
            assertThat(lines).allMatch(line -> line.matches("above \\d+"));
            looked += lines.size();
        }
        typing.get();
        assertThat(looked).isPositive();
    }

    @Test
    void whatIsSaidToPeopleDoesNotGetIntoTheFileOfCommands() throws Exception {
        var line = reading();
        types("send ana secret\r");
        line.get(20, TimeUnit.SECONDS);
        line = reading();
        types("history ana\r");
        line.get(20, TimeUnit.SECONDS);
        screen.save();
        assertThat(Files.readString(folder.resolve("commands")))
                .contains("history ana")
                .doesNotContain("secret");
    }
}
