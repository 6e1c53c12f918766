package zap.shell.command;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jline.reader.EndOfFileException;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ExitCodeGenerator;
import org.springframework.shell.core.InputReader;
import org.springframework.shell.core.ShellRunner;
import org.springframework.shell.core.command.CommandContext;
import org.springframework.shell.core.command.CommandExecutor;
import org.springframework.shell.core.command.CommandRegistry;
import org.springframework.shell.core.command.ParsedInput;
import zap.shell.chat.Client;
import zap.shell.store.Moves;
import zap.shell.store.Profile;

/** Runs one command, the commands that come through a pipe, or a session with a prompt; and says how it ended. */
final class Runner implements ShellRunner, ExitCodeGenerator {

    private static final Logger log = LoggerFactory.getLogger(Runner.class);

    private final Desk desk;
    private final Live live;
    private final CommandRegistry registry;
    private final Lines lines;
    private final ObjectProvider<Terminal> terminals;
    private final HelpCommands help;
    private final PrintWriter out;
    private final PrintWriter err;
    private ExitCode exitCode = ExitCode.OK;

    Runner(
            Desk desk,
            Live live,
            CommandRegistry registry,
            Lines lines,
            ObjectProvider<Terminal> terminals,
            HelpCommands help,
            PrintWriter out,
            PrintWriter err) {
        this.desk = desk;
        this.live = live;
        this.registry = registry;
        this.lines = lines;
        this.terminals = terminals;
        this.help = help;
        this.out = out;
        this.err = err;
    }

    @Override
    public int getExitCode() {
        return exitCode.code();
    }

    @Override
    public void run(String[] args) throws Exception {
        List<String> words = desk.invocation().words();
        try {
            if (!words.isEmpty()) {
                exitCode = execute(() -> lines.parse(words), out);
            } else if (desk.isInteractive()) {
                session();
            } else {
                piped();
            }
        } finally {
            out.flush();
            err.flush();
            desk.close();
        }
    }

    private interface Input {
        ParsedInput parse();
    }

    private ExitCode execute(Input input, PrintWriter answers) {
        try {
            ParsedInput parsed = input.parse();
            if (parsed.options().stream().anyMatch(option -> "help".equals(option.longName()))) {
                String name = parsed.commandName();
                help.about(
                        answers,
                        parsed.subCommands().isEmpty()
                                ? name
                                : name + " " + parsed.subCommands().getFirst());
                return ExitCode.OK;
            }
            new CommandExecutor(registry).execute(new CommandContext(parsed, registry, answers, new InputReader() {}));
            return ExitCode.OK;
        } catch (RuntimeException e) {
            return failed(e);
        } finally {
            answers.flush();
        }
    }

    private ExitCode failed(RuntimeException exception) {
        for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
            if (cause instanceof Refusal refusal) {
                say(String.valueOf(refusal.getMessage()));
                return refusal.exitCode();
            }
            if (cause instanceof Moves.RetiredException retired) {
                // Another window has exported the profile since the command looked.
                Refusal refusal = desk.moved(retired.retirement());
                say(String.valueOf(refusal.getMessage()));
                return refusal.exitCode();
            }
        }
        log.error("A command failed", exception);
        Throwable root = exception;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        say(desk.words()
                .say(
                        "error.ours",
                        root.getClass().getSimpleName(),
                        desk.profile().log()));
        return ExitCode.FAILED;
    }

    private void say(String trouble) {
        err.println(trouble);
        err.flush();
    }

    /** A line for each command; blank lines and those with # are passed over. Ends with the last trouble that there was. */
    private void piped() throws IOException {
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String line;
        while ((line = input.readLine()) != null && !isLeave(line)) {
            if (!isNothing(line)) {
                String typed = line;
                ExitCode code = execute(() -> lines.parse(typed.strip()), out);
                if (code != ExitCode.OK) {
                    exitCode = code;
                }
            }
        }
    }

    private static boolean isNothing(String line) {
        return line.isBlank() || line.stripLeading().startsWith("#");
    }

    private static boolean isLeave(String line) {
        return line.strip().equals("quit") || line.strip().equals("exit");
    }

    private void session() throws IOException {
        Profile profile = desk.profile();
        Client client = desk.client();
        Terminal terminal = terminals.getObject();
        Profile.privateFile(profile.history());
        var screen = new TerminalScreen(terminal, live, new Blanks(), new Completions(registry), profile.history());
        PrintWriter answers = terminal.writer();
        // What is typed while a command runs appears when the next line is read, and not in the middle of its answer;
        // and the
        // terminal keeps it as it is, Ctrl-D and long pastes too, instead of making lines of it.
        Attributes before = terminal.getAttributes();
        var quiet = new Attributes(before);
        quiet.setLocalFlag(Attributes.LocalFlag.ECHO, false);
        quiet.setLocalFlag(Attributes.LocalFlag.ICANON, false);
        // Line breaks stay as they were pasted, too.
        quiet.setInputFlag(Attributes.InputFlag.ICRNL, false);
        quiet.setControlChar(Attributes.ControlChar.VMIN, 1);
        quiet.setControlChar(Attributes.ControlChar.VTIME, 0);
        terminal.setAttributes(quiet);
        terminal.handle(Terminal.Signal.TSTP, signal -> screen.suspend(before));
        try {
            converse(screen, answers, client);
        } finally {
            terminal.setAttributes(before);
        }
        screen.save();
    }

    private void converse(TerminalScreen screen, PrintWriter answers, Client client) {
        greet(answers, client);
        live.screen(screen);
        while (true) {
            String line;
            try {
                line = screen.commandLine();
            } catch (UserInterruptException e) {
                continue; // Ctrl-C gives up the line, not the session.
            } catch (EndOfFileException e) {
                break;
            }
            if (isLeave(line)) {
                break;
            }
            runTyped(line, answers);
        }
        answers.println(desk.words().say("session.bye"));
        answers.flush();
    }

    /** A pasted paragraph is one message, where its first line begins one; else each of its lines is a command. */
    private void runTyped(String typed, PrintWriter answers) {
        String line = typed.stripLeading();
        if (lines.takesText(line)) {
            execute(() -> lines.parse(line), answers);
            return;
        }
        line.lines().filter(one -> !isNothing(one)).forEach(one -> execute(() -> lines.parse(one.strip()), answers));
    }

    private void greet(PrintWriter answers, Client client) {
        Words words = desk.words();
        if (client.self().isEmpty()) {
            answers.println(words.say("session.welcome"));
        } else {
            answers.println(words.say(
                    "session.hello",
                    client.profile().name(),
                    zap.shell.text.Names.readable(desk.self().toString())));
            Client.Opening opening = client.open(live, live::lineState);
            if (opening == Client.Opening.ELSEWHERE) {
                answers.println(desk.style().warning(words.say("session.elsewhere")));
            }
            if (opening == Client.Opening.RETIRED) {
                client.moves()
                        .retirement()
                        .ifPresent(moved -> answers.println(desk.style().warning(desk.movedTo(moved))));
            }
        }
        answers.flush();
    }
}
