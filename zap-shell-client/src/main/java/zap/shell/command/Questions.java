package zap.shell.command;

import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.command.terminal.Screen;
import zap.shell.command.view.LiveView;
import zap.shell.identity.IdentityFile;

/** The questions that a command asks at the terminal: a passphrase, a confirmation. */
final class Questions {

    private final ShellContext shell;
    private final LiveView live;

    Questions(ShellContext shell, LiveView live) {
        this.shell = shell;
        this.live = live;
    }

    /**
     * Returns the passphrase for a new file, asked for twice or read from a file. The caller wipes it.
     *
     * @param fromFile null to ask at the terminal
     */
    char[] newPassphrase(@Nullable String fromFile) {
        char[] passphrase = passphrase(fromFile);
        if (fromFile == null) {
            char[] again = asked("identity.passphrase-again");
            boolean same = Arrays.equals(passphrase, again);
            Arrays.fill(again, ' ');
            if (!same) {
                throw new RefusedCommandException(
                        ExitCode.BAD_DATA, shell.texts().say("error.passphrase-mismatch"));
            }
        }
        if (passphrase.length < IdentityFile.SHORTEST_PASSPHRASE) {
            throw new RefusedCommandException(
                    ExitCode.BAD_DATA, shell.texts().say("error.short-passphrase", IdentityFile.SHORTEST_PASSPHRASE));
        }
        return passphrase;
    }

    /**
     * Returns the passphrase of a file. The caller wipes it.
     *
     * @param fromFile null to ask at the terminal
     */
    char[] passphrase(@Nullable String fromFile) {
        if (fromFile == null) {
            return asked("identity.passphrase");
        }
        try (BufferedReader lines = Files.newBufferedReader(Path.of(fromFile))) {
            return Objects.requireNonNullElse(lines.readLine(), "").toCharArray();
        } catch (IOException e) {
            throw shell.unreadable(fromFile, e);
        }
    }

    private char[] asked(String question) {
        String prompt = shell.texts().say(question) + " ";
        @Nullable Screen screen = live.screen();
        char @Nullable [] answer = null;
        if (screen != null) {
            @Nullable String typed = screen.secret(prompt);
            answer = typed == null ? null : typed.toCharArray();
        } else {
            @Nullable Console console = terminal();
            answer = console == null ? null : console.readPassword("%s", prompt);
        }
        if (answer == null) {
            throw new RefusedCommandException(ExitCode.USAGE, shell.texts().say("error.needs-passphrase"));
        }
        return answer;
    }

    /**
     * Asks for a confirmation.
     *
     * @param question the key of the question
     * @param unanswered the key of the refusal without a terminal
     */
    boolean confirms(String question, String unanswered) {
        String prompt = shell.texts().say(question) + " ";
        @Nullable Screen screen = live.screen();
        @Nullable String answer;
        if (screen != null) {
            answer = screen.answer(prompt);
        } else {
            @Nullable Console console = terminal();
            if (console == null) {
                throw new RefusedCommandException(ExitCode.USAGE, shell.texts().say(unanswered));
            }
            answer = console.readLine("%s", prompt);
        }
        return answer != null && shell.texts().isYes(answer);
    }

    private static @Nullable Console terminal() {
        return Optional.ofNullable(System.console()).filter(Console::isTerminal).orElse(null);
    }
}
