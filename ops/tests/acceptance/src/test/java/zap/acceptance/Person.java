package zap.acceptance;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A user with a profile.
 *
 * @param name of the profile
 * @param home the folder of the profiles
 * @param environment what that person has set
 */
record Person(String name, Path home, Map<String, String> environment) {

    /** Returns a user with a computer of their own. */
    static Person at(Path home, String name) {
        return new Person(name, home, Map.of());
    }

    /** Returns this user with a variable set in the environment. */
    Person with(String variable, String value) {
        var more = new TreeMap<>(environment);
        more.put(variable, value);
        return new Person(name, home, more);
    }

    /** The folder of the profile. */
    Path profile() {
        return home.resolve(name);
    }

    /** {@code ./zap shell --profile NAME …}, to its end. */
    Outcome zap(String... words) {
        return zap(new byte[0], words);
    }

    /** Runs a command with this standard input. */
    Outcome zap(byte[] input, String... words) {
        return Outcome.of(command(words), allOfIt(), input);
    }

    /**
     * Runs a command through bash.
     *
     * @param line what bash runs; {@code "$@"} in it is the call
     */
    Outcome zapInBash(String line, String... words) {
        var command = new ArrayList<>(List.of("bash", "-c", line, "bash"));
        command.addAll(command(words));
        return Outcome.of(command, allOfIt(), new byte[0]);
    }

    /** Runs a command that must succeed without errors, and returns its output. */
    String answer(String... words) {
        Outcome outcome = zap(words);
        if (outcome.status() != 0 || !outcome.err().isEmpty()) {
            throw new AssertionError(String.join(" ", words) + ": " + outcome);
        }
        return outcome.out().strip();
    }

    /** Registers at the server that all tests share, and tells the number. */
    String register() {
        answer("--server", RealServer.address(), "register");
        return answer("whoami");
    }

    /** Opens a terminal window and starts a session in it. */
    TerminalWindow session(String... words) {
        return session(TerminalWindow.COLUMNS, words);
    }

    /** Opens a session in a window of this width. */
    TerminalWindow session(int columns, String... words) {
        return TerminalWindow.open(command(words), allOfIt(), columns, TerminalWindow.ROWS);
    }

    /** Opens a terminal window with a shell in it, in this person's folder. */
    TerminalWindow shell() {
        return TerminalWindow.open(
                List.of("sh", "-c", "cd '" + profile() + "' && exec bash --norc --noprofile -i"),
                allOfIt(),
                TerminalWindow.COLUMNS,
                TerminalWindow.ROWS);
    }

    /** The line that starts a session, to be typed into a shell. */
    String call() {
        return "'" + String.join("' '", command()) + "'";
    }

    private List<String> command(String... words) {
        var command = new ArrayList<>(List.of(Checkout.zap().toString(), "shell", "--profile", name));
        command.addAll(List.of(words));
        return command;
    }

    private Map<String, String> allOfIt() {
        var all = new TreeMap<>(Checkout.environment());
        all.put("ZAP_HOME", home.toString());
        all.put("TERM", "xterm-256color");
        all.putAll(environment);
        return all;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
