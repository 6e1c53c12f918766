package zap.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import zap.acceptance.Script.Who;
import zap.server.testing.ServerProcess;

/**
 * The README's conversation, typed into three terminals: two people and then three talk, the server is killed and
 * stopped in the middle of a line, and everything arrives once.
 *
 * <p>{@code ops/tests/acceptance/conversation} writes what the screens show into the READMEs.
 */
@Isolated("it ends the server")
class ConversationIT {

    private static final int COLUMNS = 96;
    private static final String TICKS = "✓✓";

    @TempDir
    Path home;

    private final Map<Who, String> lastTyped = new EnumMap<>(Who.class);
    private final Map<Who, TerminalWindow> windows = new EnumMap<>(Who.class);
    private final Map<String, String> numbers = new HashMap<>();

    @Test
    void itIsAsTheReadmeShowsIt() throws IOException {
        play(Script.english());
        checkWhatIsKept();
        if (Readme.isToBeWritten()) {
            Readme.ENGLISH.write(windows);
        }
    }

    @Test
    @EnabledIfSystemProperty(
            named = "zap.readme",
            matches = "write",
            disabledReason = "the same again, and only needed for what the Portuguese README shows")
    void inPortugueseToo() throws IOException {
        play(Script.portuguese());
        Readme.PORTUGUESE.write(windows);
    }

    private void play(Script script) {
        for (Who who : Who.values()) {
            // All of them on one computer: each has a profile.
            Person person = person(who).with("ZAP_LANG", script.locale());
            windows.put(who, person.session(COLUMNS, "--server", RealServer.address()));
        }
        try {
            var lastSeen = new EnumMap<Who, Integer>(Who.class);
            for (Script.Step step : script.steps()) {
                take(step, lastSeen);
            }
            windows.values().forEach(window -> assertThat(window.exitCode()).isZero());
        } finally {
            windows.values().forEach(TerminalWindow::close);
        }
    }

    private static int firstNewLine(Who who, Map<Who, Integer> lastSeen) {
        return Math.max(0, lastSeen.getOrDefault(who, 0) - 1);
    }

    /** Tells whether a line shows this person's last message with the ticks of a read one. */
    private boolean hasReadTicks(Who who, String line) {
        int ticks = line.indexOf(TICKS);
        int typed = line.indexOf(lastTyped.get(who));
        return 0 <= ticks
                && ticks < typed
                && LooksIT.CYAN.equals(
                        windows.get(who).styleOf(line.substring(ticks, typed)).getForeground());
    }

    private Person person(Who who) {
        return Person.at(home, who.name().toLowerCase(Locale.ROOT));
    }

    private void take(Script.Step step, Map<Who, Integer> lastSeen) {
        switch (step) {
            case Script.Types(Who who, String text, boolean enter) -> {
                String typed = Script.with(numbers, text);
                assertThat(typed).as("every number is known").doesNotContain("{");
                if (enter) {
                    // What is awaited from here on is new.
                    lastSeen.put(who, windows.get(who).everything().size());
                    lastTyped.put(who, typed);
                    windows.get(who).enter(typed);
                } else {
                    windows.get(who).type(typed);
                }
            }
            case Script.Leaves(Who who) -> windows.get(who).type(TerminalWindow.CTRL_D);
            case Script.HasPrompt(Who who, String prompt) -> {
                windows.get(who).hasTyped(prompt);
                rememberNumbers(who);
            }
            case Script.Sees(Who who, String text) -> {
                int from = firstNewLine(who, lastSeen);
                windows.get(who)
                        .awaits(
                                "\"" + text + "\"",
                                lines -> lines.stream().skip(from).anyMatch(line -> line.contains(text)));
                rememberNumbers(who);
            }
            case Script.SeesRead(Who who, String text) -> {
                int from = firstNewLine(who, lastSeen);
                windows.get(who)
                        .awaits(
                                "\"" + text + "\", or the ticks for it",
                                lines -> lines.stream()
                                        .skip(from)
                                        .anyMatch(line -> line.contains(text) || hasReadTicks(who, line)));
            }
            case Script.Ends(boolean killed) -> {
                ServerProcess server = RealServer.get();
                if (killed) {
                    server.kill();
                } else {
                    server.stop();
                }
            }
            case Script.Starts() -> RealServer.get();
        }
    }

    /**
     * People tell each other what stands on their screens: at the end of a line after registering, in parentheses for a
     * group.
     */
    private void rememberNumbers(Who who) {
        find("^\\S+ \\S+ [\\d ]{16}\\. .*: (1\\d{12})$", who.name().toLowerCase(Locale.ROOT), who);
        find("\\((2\\d{12})\\)", "group", who);
    }

    private void find(String pattern, String name, Who who) {
        if (!numbers.containsKey(name)) {
            var compiled = Pattern.compile(pattern);
            windows.get(who).everything().stream()
                    .map(compiled::matcher)
                    .filter(Matcher::find)
                    .findFirst()
                    .ifPresent(found -> numbers.put(name, found.group(1)));
        }
    }

    /** Nothing twice, nothing missing, all of it read: on the screens, and on everybody's own disk. */
    private void checkWhatIsKept() {
        List<String> ana = history(Who.ANA, "bob");
        assertThat(ana).hasSize(4).allMatch(line -> line.contains("\"state\":\"read\"") || line.contains("\"seen\""));
        assertThat(history(Who.BOB, "ana")).hasSize(4).noneMatch(line -> line.contains("\"unseen\""));
        assertThat(history(Who.ANA, "sunday")).hasSize(1).allMatch(line -> line.contains("\"state\":\"read\""));
        assertThat(history(Who.BOB, "sunday")).hasSize(1);
        for (Who who : Who.values()) {
            assertThat(person(who).answer("status", "--json"))
                    .contains("\"waiting\":0", "\"sent\":0", "\"unsure\":0", "\"unread\":0");
        }
    }

    private List<String> history(Who who, String chat) {
        return person(who).answer("history", chat, "--json").lines().toList();
    }
}
