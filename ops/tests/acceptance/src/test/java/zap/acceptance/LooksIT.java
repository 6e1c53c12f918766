package zap.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static zap.acceptance.Person.utf8;

import com.techsenger.jeditermfx.core.TerminalColor;
import com.techsenger.jeditermfx.core.TextStyle;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.server.testing.FrameText;
import zap.server.testing.WireClient;

/** Colours and signs: for terminals that have them, and for people and programs that do not want them. */
class LooksIT {

    private static final TextStyle PLAIN = TextStyle.EMPTY;
    /** The colour of what was read. */
    static final TerminalColor CYAN = TerminalColor.index(6);

    @TempDir
    Path home;

    @Test
    void aReadMessageIsToldInColourAndWithoutColourTooAndAlsoInAscii() {
        Person ana = Person.at(home, "ana");
        ana.zap(utf8("register"), "--server", RealServer.address());
        String anaId = ana.answer("whoami");
        try (WireClient bob = RealServer.connect("bob")) {
            String bobId = bob.register();
            try (TerminalWindow window = ana.session().shows("● online ❯")) {
                window.enter("contact add bob " + bobId).hasTyped("zap ● online ❯");
                talk(window, bob, bobId, anaId, "✓✓");
                TextStyle read = window.styleOf("✓✓ read by bob");
                assertThat(read.getForeground()).isEqualTo(CYAN);
                assertThat(read.hasOption(TextStyle.Option.BOLD)).isTrue();
                window.type(TerminalWindow.CTRL_D);
                assertThat(window.exitCode()).isZero();
            }

            Person plain = ana.with("NO_COLOR", "1");
            try (TerminalWindow window = plain.session("--ascii").shows("+ online >")) {
                talk(window, bob, bobId, anaId, "vv");
                window.shows("vV read by bob");
                window.enter("help").shows("More about a command");
                assertThat(window.styles()).containsOnly(PLAIN);
                assertThat(String.join("", window.everything()))
                        .as("plain ASCII")
                        .matches("[ -~]*");
                window.type(TerminalWindow.CTRL_D);
                assertThat(window.exitCode()).isZero();
            }
        }
        // In a pipe there are no colours, unless somebody asks for them.
        assertThat(ana.answer("history", "bob")).contains("✓✓").doesNotContain("\u001b");
        assertThat(ana.answer("--color", "always", "history", "bob")).contains("\u001b[1;36m✓✓");
    }

    /** Ana writes, bob gets it, reads it, and answers. */
    private static void talk(TerminalWindow window, WireClient bob, String bobId, String anaId, String ticks) {
        window.enter("send bob hello").shows("bob hello #");
        String heard = bob.readFrame();
        while (!heard.startsWith("06")) {
            heard = bob.readFrame();
        }
        window.shows(ticks);
        bob.send(FrameText.read(anaId, Long.parseLong(heard.substring(28, 38))));
        window.shows("read by bob");
        bob.send(FrameText.send(bobId, anaId, Instant.now().getEpochSecond(), "hello ana"));
        window.shows("hello ana");
        window.enter("read");
    }
}
