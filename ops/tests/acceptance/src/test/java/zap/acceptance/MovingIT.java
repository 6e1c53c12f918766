package zap.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static zap.acceptance.Person.utf8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A profile moves from one computer to another.
 *
 * <p>{@code -Dzap.kill.seed=…} replays the moments of the kills, {@code -Dzap.kill.rounds=…} makes more of them.
 */
@Execution(ExecutionMode.CONCURRENT)
class MovingIT {

    private static final JsonMapper JSON = new JsonMapper();
    private static final int KILLS = Math.max(2, Integer.getInteger("zap.kill.rounds", 12) / 6);
    private static final int CONTACTS = 300;
    private static final long FIRST_CONTACT = 1_500_000_000_000L;

    @TempDir
    Path home;

    private Person old;
    private Person fresh;
    private Path file;
    private Path passphrase;

    @BeforeEach
    void computers() throws IOException {
        old = Person.at(Files.createDirectory(home.resolve("old-computer")), "bob");
        fresh = Person.at(Files.createDirectory(home.resolve("new-computer")), "bob");
        file = home.resolve("bob.zap");
        passphrase = Files.writeString(home.resolve("passphrase"), "coração de cavalo\n");
    }

    private String[] export() {
        return new String[] {"profile", "export", "--passphrase-file", passphrase.toString(), file.toString()};
    }

    private String[] takeIn() {
        return new String[] {"profile", "import", "--passphrase-file", passphrase.toString(), file.toString()};
    }

    private static List<String> history(Person whose, String who) {
        return whose.answer("history", who, "--json")
                .lines()
                .map(line -> JSON.readTree(line).get("text").asString())
                .toList();
    }

    private static JsonNode status(Person whose) {
        return JSON.readTree(whose.answer("status", "--json"));
    }

    @Test
    void whatWasBegunOnTheOldComputerGoesOnOnTheNewOne() {
        try (WirePeer ana = new WirePeer("ana")) {
            String bob = old.register();
            old.answer("contact", "add", "ana", ana.id());
            ana.says(bob, "are you moving?");
            try (TerminalWindow window = old.session().shows("● online ❯")) {
                window.shows("1 new message in 1 chat: ana 1");
                window.enter("send ana not yet").shows("not yet #2");
                // In the session itself, which is closed for it.
                window.type(String.join(" ", "profile export", file.toString()) + TerminalWindow.ENTER);
                window.shows("Passphrase:").type("correct horse" + TerminalWindow.ENTER);
                window.shows("Repeat the passphrase:").type("correct horse" + TerminalWindow.ENTER);
                window.shows("This profile is now retired").shows("○ moved ❯");
                window.enter("send ana too late").shows("This profile was moved on");
                window.enter("history ana").showsLine(".* you +not yet #2");
                window.type(TerminalWindow.CTRL_D);
                assertThat(window.exitCode()).isZero();
            }
            ana.says(bob, "are you there?");

            // What waits at the server waits for the new place.
            assertThat(old.zap("connect").status()).isEqualTo(79);
            assertThat(old.zap("unread", "--count").out().strip()).isEqualTo("1");
            try (TerminalWindow window = old.session().shows("This profile was moved on")) {
                window.shows("○ moved ❯").type(TerminalWindow.CTRL_D);
                assertThat(window.exitCode()).isZero();
            }
            assertThat(status(old).get("connection").asString()).isEqualTo("moved");
            assertThat(status(old).get("movedTo").asString()).isEqualTo(file.toString());

            assertThat(fresh.zap("whoami").status()).isEqualTo(78);
            Outcome wrong = fresh.zap(takeIn());
            assertThat(wrong.status()).isEqualTo(65);
            assertThat(wrong.err()).contains("Wrong passphrase");
            try (TerminalWindow window = fresh.session().shows("not registered ❯")) {
                window.type(String.join(" ", "profile import", file.toString()) + TerminalWindow.ENTER);
                window.shows("Passphrase:").type("correct horse" + TerminalWindow.ENTER);
                window.shows("Imported from profile bob on").shows("2 messages, 1 contact");
                window.shows("1 new message in 1 chat: ana 1").shows("● online ❯");
                window.enter("read ana").shows("are you there? #3");
                window.enter("send ana yes, here").shows("yes, here #4");
                Await.until(() -> "ana hears it", () -> ana.heard().size() == 2);
                window.type(TerminalWindow.CTRL_D);
                assertThat(window.exitCode()).isZero();
            }
            assertThat(history(fresh, "ana"))
                    .containsExactly("are you moving?", "not yet", "are you there?", "yes, here");
            assertThat(ana.heard().stream().map(WirePeer.Heard::text)).containsExactly("not yet", "yes, here");
            assertThat(history(old, "ana")).containsExactly("are you moving?", "not yet");
            assertThat(status(fresh).get("importedFrom").asString()).startsWith("bob on ");
        }
    }

    @Test
    void whoChangedTheirMindGoesOnWhereTheyWere() {
        try (WirePeer ana = new WirePeer("ana")) {
            String bob = old.register();
            assertThat(old.zap(export()).status()).isZero();
            Outcome asked = old.zap("profile", "reopen");
            assertThat(asked.status()).isEqualTo(64);
            assertThat(asked.err()).contains("--yes");
            assertThat(old.zap("send", ana.id(), "too early").status()).isEqualTo(79);
            assertThat(old.answer("profile", "reopen", "--yes"))
                    .contains("in use here again")
                    .contains("two stores");
            assertThat(old.zap("send", "--quiet", ana.id(), "back again")).isEqualTo(new Outcome(0, "", ""));
            ana.says(bob, "welcome");
            Await.until(() -> "ana hears it", () -> !ana.heard().isEmpty());
            assertThat(ana.heard().stream().map(WirePeer.Heard::text)).containsExactly("back again");
            assertThat(old.answer("peek")).endsWith("welcome #2");
        }
    }

    @Test
    void whileAWindowIsConnectedNothingIsExportedBesideIt() {
        old.register();
        try (TerminalWindow window = old.session().shows("● online ❯")) {
            Outcome outcome = old.zap(export());
            assertThat(outcome.status()).isEqualTo(77);
            assertThat(outcome.err()).contains("connected in another window");
            assertThat(file).doesNotExist();
            window.type(TerminalWindow.CTRL_D);
            assertThat(window.exitCode()).isZero();
        }
        assertThat(status(old).get("connection").asString()).isEqualTo("off");
    }

    // -----------------------------------------------------------------------------------------------------------
    // killed

    @Test
    void killedInTheMiddleOfAnExportOrImportTheProfileIsHereOrThere() throws IOException {
        long seed = Long.getLong("zap.kill.seed", RandomGenerator.getDefault().nextLong());
        try {
            killed(new SplittableRandom(seed));
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("Again with -Dzap.kill.seed=" + seed + ": " + e.getMessage(), e);
        }
    }

    private void killed(SplittableRandom random) throws IOException {
        String bob = old.register();
        var lines = new StringBuilder();
        for (int i = 0; i < CONTACTS; i++) {
            lines.append("contact add ")
                    .append(letters(i))
                    .append(' ')
                    .append(FIRST_CONTACT + i)
                    .append('\n');
        }
        assertThat(old.zap(utf8(lines.toString())).status()).isZero();

        var ends = new ArrayList<String>();
        for (int i = 0; i < KILLS; i++) {
            // While it works on the copy, and in the moment in which the file gets its name.
            Path sign = i % 2 == 0 ? old.profile().resolve("moving") : file;
            killAfter(sign, Duration.ofMillis(random.nextLong(i % 2 == 0 ? 2_000 : 20)), old, export());
            boolean moved = status(old).has("movedTo");
            boolean written = Files.exists(file);
            ends.add("export: " + (moved ? "retired" : "in use") + (written ? ", file" : ""));
            assertThat(written || !moved).as("never retired without a file").isTrue();
            if (written) {
                assertIsWhole(bob, Person.at(home.resolve("new-computer"), "whole-" + i));
                Files.delete(file);
            }
            if (moved) {
                old.answer("profile", "reopen", "--yes");
            }
        }
        assertThat(old.zap(export()).status()).isZero();
        try (Stream<Path> files = Files.list(home)) {
            assertThat(files.map(Path::toString))
                    .as("what a killed export has left")
                    .noneMatch(name -> name.endsWith(".part"));
        }

        for (int i = 0; i < KILLS / 2; i++) {
            Person next = Person.at(home.resolve("new-computer"), "import-" + i);
            killAfter(next.profile().resolve("moving"), Duration.ofMillis(random.nextLong(200)), next, takeIn());
            Outcome left = next.zap(utf8("whoami\ncontact list\n"));
            ends.add("import: " + (left.status() == 0 ? "whole" : "empty"));
            if (left.status() == 0) {
                assertThat(left.out()).startsWith(bob).hasLineCount(1 + CONTACTS);
            } else {
                assertThat(left.out().strip()).isEqualTo("No contacts yet: contact add NAME NUMBER");
                assertIsWhole(bob, next);
            }
        }
        System.out.println("Killed: " + ends);
    }

    /** Imports the file, and looks whether everything has come. */
    private void assertIsWhole(String number, Person next) {
        assertThat(next.zap(takeIn()).status()).isZero();
        assertThat(next.zap(utf8("whoami\ncontact list\n")).out().lines())
                .hasSize(1 + CONTACTS)
                .first()
                .isEqualTo(number);
        assertThat(next.profile().resolve("moving")).doesNotExist();
    }

    /** A name that looks like no other one. */
    private static String letters(int number) {
        // Without those that look like others, alone or together.
        String letters = "abcdefghjkpqstuxyz";
        return "somebody-" + letters.charAt(number / letters.length()) + letters.charAt(number % letters.length());
    }

    /** Kills a command a moment after this file or folder has appeared, if it still runs. */
    private static void killAfter(Path sign, Duration pause, Person whose, String... words) {
        try (TerminalWindow window = whose.session(words)) {
            Await.until(() -> sign + " to appear\n" + window, () -> Files.exists(sign) || !window.isRunning());
            Await.pause(pause);
            if (window.isRunning()) {
                window.kill();
            }
        }
    }
}
