package zap.shell.command.runner;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jline.reader.EndOfFileException;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jspecify.annotations.Nullable;
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
import zap.shell.chat.ProfileClient;
import zap.shell.command.HelpCommands;
import zap.shell.command.context.AnswerStream;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.StandardInput;
import zap.shell.command.context.Texts;
import zap.shell.command.terminal.Completions;
import zap.shell.command.terminal.TerminalScreen;
import zap.shell.command.terminal.WordParser;
import zap.shell.command.view.LiveView;
import zap.shell.store.ClockException;
import zap.shell.store.Moves;
import zap.shell.store.Profile;
import zap.shell.store.StoreFault;
import zap.shell.text.Names;

/** The runner of one command, of the commands from a pipe, or of a session with a prompt. It provides the exit code. */
public final class Runner implements ShellRunner, ExitCodeGenerator {

    private static final Logger log = LoggerFactory.getLogger(Runner.class);

    private final ShellContext shell;
    private final LiveView live;
    private final CommandRegistry registry;
    private final CommandLineParser parser;
    private final ObjectProvider<Terminal> terminals;
    private final HelpCommands help;
    private final PrintWriter out;
    private final PrintWriter err;
    private ExitCode exitCode = ExitCode.OK;

    public Runner(
            ShellContext shell,
            LiveView live,
            CommandRegistry registry,
            CommandLineParser parser,
            ObjectProvider<Terminal> terminals,
            HelpCommands help,
            PrintWriter out,
            PrintWriter err) {
        this.shell = shell;
        this.live = live;
        this.registry = registry;
        this.parser = parser;
        this.terminals = terminals;
        this.help = help;
        this.out = out;
        this.err = err;
        shell.notices(err);
    }

    @Override
    public int getExitCode() {
        return exitCode.code();
    }

    @Override
    public void run(String[] args) throws Exception {
        List<String> words = shell.invocation().words();
        try {
            if (!words.isEmpty()) {
                exitCode = execute(() -> parser.parse(words), out);
            } else if (shell.isInteractive()) {
                session();
            } else {
                piped();
            }
        } catch (RuntimeException e) {
            ended(failed(e));
        } finally {
            try {
                shell.close();
            } catch (RuntimeException e) {
                ended(failed(e));
            }
        }
    }

    /**
     * Notes the exit code of a command. The first failure decides the exit code of all, because later ones may only
     * follow from it.
     */
    private void ended(ExitCode code) {
        if (exitCode == ExitCode.OK) {
            exitCode = code;
        }
    }

    private interface Input {
        ParsedInput parse();
    }

    private ExitCode execute(Input input, PrintWriter answers) {
        shell.begin();
        try {
            ParsedInput parsed = input.parse();
            if (parsed.options().stream().anyMatch(option -> "help".equals(option.longName()))) {
                String name = parsed.commandName();
                help.about(
                        answers,
                        parsed.subCommands().isEmpty()
                                ? name
                                : name + " " + parsed.subCommands().getFirst());
            } else {
                new CommandExecutor(registry)
                        .execute(new CommandContext(parsed, registry, answers, new InputReader() {}));
            }
            AnswerStream.flush(answers);
            return ExitCode.OK;
        } catch (RuntimeException e) {
            return failed(e, answers);
        }
    }

    /** Prints the answer up to the failure, and then the failure. */
    private ExitCode failed(RuntimeException exception, PrintWriter answers) {
        try {
            answers.flush();
        } catch (AnswerStream.UnwrittenException e) {
            // The command has failed already, and has its own reason.
        }
        return failed(exception);
    }

    private ExitCode failed(RuntimeException exception) {
        for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
            if (cause instanceof RefusedCommandException refusal) {
                say(String.valueOf(refusal.getMessage()));
                return refusal.exitCode();
            }
            if (cause instanceof Moves.RetiredException retired) {
                // Another window has exported the profile since the command looked.
                RefusedCommandException refusal = shell.moved(retired.retirement());
                say(String.valueOf(refusal.getMessage()));
                return refusal.exitCode();
            }
            if (cause instanceof ClockException clock) {
                say(shell.texts().say("error.clock", clock.shown()));
                return ExitCode.BAD_DATA;
            }
            if (cause instanceof AnswerStream.UnwrittenException unwritten) {
                return unwritten(unwritten);
            }
        }
        // A store that was opened for reading only gives no reason; the reason is known from the opening.
        Optional<StoreFault> fault = StoreFault.of(exception)
                .map(found -> shell.clientIfOpen()
                        .flatMap(client -> client.database().unwritable())
                        .orElse(found));
        if (fault.isPresent()) {
            log.warn("The store cannot be used", exception);
            RefusedCommandException refusal = shell.refusal(fault.get());
            say(String.valueOf(refusal.getMessage()));
            return refusal.exitCode();
        }
        long logged = size(shell.profile().log());
        log.error("A command failed", exception);
        Throwable root = exception;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        // On a full disk the log could not be written, so this is all the information.
        boolean isLogged = size(shell.profile().log()) > logged;
        say(
                isLogged
                        ? shell.texts()
                                .say(
                                        "error.ours",
                                        root.getClass().getSimpleName(),
                                        shell.profile().log())
                        : shell.texts().say("error.ours-not-logged", root, placeOf(root)));
        return ExitCode.FAILED;
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return 0;
        }
    }

    private static Object placeOf(Throwable exception) {
        StackTraceElement[] places = exception.getStackTrace();
        return places.length == 0 ? "?" : places[0];
    }

    private ExitCode unwritten(AnswerStream.UnwrittenException exception) {
        @Nullable Throwable cause = exception.getCause();
        // The reader has closed the pipe on purpose, and other programs print nothing either.
        if (!exception.isUnwanted()) {
            say(shell.texts().say("error.unwritten", cause == null ? "?" : String.valueOf(cause.getMessage())));
        }
        return ExitCode.NOT_WRITTEN;
    }

    private void say(String trouble) {
        err.println(trouble);
        err.flush();
    }

    /**
     * Runs a command for each line, without blank lines and those that begin with #. A failure does not stop the next
     * lines.
     */
    private void piped() {
        StandardInput.@Nullable Line line;
        while ((line = nextLine()) != null && !isLeave(line.text())) {
            ended(run(line));
            if (line.fault() == StandardInput.Fault.OTHER_ENCODING) {
                break;
            }
        }
    }

    private StandardInput.@Nullable Line nextLine() {
        try {
            return shell.input().line();
        } catch (IOException e) {
            throw shell.unreadableInput(e);
        }
    }

    private ExitCode run(StandardInput.Line line) {
        StandardInput.@Nullable Fault fault = line.fault();
        if (fault != null) {
            say(
                    switch (fault) {
                        case NOT_UTF8 -> shell.texts().say("error.line-not-utf8", line.number());
                        case TOO_LONG ->
                            shell.texts().say("error.line-too-long", line.number(), StandardInput.LONGEST_LINE_BYTES);
                        case OTHER_ENCODING -> shell.texts().say("error.line-utf16", line.number());
                    });
            return ExitCode.BAD_DATA;
        }
        return isNothing(line.text())
                ? ExitCode.OK
                : execute(() -> parser.parse(line.text().strip()), out);
    }

    private static boolean isNothing(String line) {
        return line.isBlank() || line.stripLeading().startsWith("#");
    }

    private static boolean isLeave(String line) {
        return line.strip().equals("quit") || line.strip().equals("exit");
    }

    private void session() throws IOException {
        Profile profile = shell.profile();
        ProfileClient client = shell.client();
        Terminal terminal = terminals.getObject();
        try {
            Profile.privateFile(profile.history());
        } catch (IOException e) {
            log.warn("The commands of this session are not remembered: {}", String.valueOf(e));
        }
        var screen = new TerminalScreen(terminal, live, new WordParser(), new Completions(registry), profile.history());
        PrintWriter answers = terminal.writer();
        // Input during a command appears when the next line is read, and not in the middle of the answer. The terminal
        // keeps it unchanged, including Ctrl-D and long pastes, instead of dividing it into lines.
        Attributes before = terminal.getAttributes();
        var quiet = new Attributes(before);
        quiet.setLocalFlag(Attributes.LocalFlag.ECHO, false);
        quiet.setLocalFlag(Attributes.LocalFlag.ICANON, false);
        quiet.setLocalFlag(Attributes.LocalFlag.ISIG, true);
        // Pasted line breaks stay unchanged, too.
        quiet.setInputFlag(Attributes.InputFlag.ICRNL, false);
        quiet.setControlChar(Attributes.ControlChar.VMIN, 1);
        quiet.setControlChar(Attributes.ControlChar.VTIME, 0);
        terminal.setAttributes(quiet);
        terminal.handle(Terminal.Signal.TSTP, signal -> screen.suspend(before));
        // While a line is typed, Ctrl-C cancels the line; else it stops the running command.
        terminal.handle(Terminal.Signal.INT, signal -> shell.stop());
        try {
            converse(screen, answers, client);
        } finally {
            terminal.setAttributes(before);
        }
        try {
            screen.save();
        } catch (IOException e) {
            log.warn("The commands of this session are not remembered: {}", String.valueOf(e));
        }
    }

    private void converse(TerminalScreen screen, PrintWriter answers, ProfileClient client) {
        greet(answers, client);
        live.screen(screen);
        shell.asks(screen::answer);
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
        answers.println(shell.texts().say("session.bye"));
        answers.flush();
    }

    /**
     * Runs typed or pasted text. A pasted paragraph is one message when its first line begins one; else each of its
     * lines is a command.
     */
    private void runTyped(String typed, PrintWriter answers) {
        String line = typed.stripLeading();
        if (parser.takesText(line)) {
            execute(() -> parser.parse(line), answers);
            return;
        }
        for (String one : line.lines().filter(any -> !isNothing(any)).toList()) {
            execute(() -> parser.parse(one.strip()), answers);
            if (shell.isStopped()) {
                break;
            }
        }
    }

    private void greet(PrintWriter answers, ProfileClient client) {
        Texts texts = shell.texts();
        if (client.self().isEmpty()) {
            answers.println(texts.say("session.welcome"));
        } else {
            answers.println(texts.say(
                    "session.hello",
                    client.profile().name(),
                    Names.readable(shell.self().toString())));
            ProfileClient.Opening opening = client.open(live, live::connectionState);
            if (opening == ProfileClient.Opening.ELSEWHERE) {
                answers.println(shell.style().warning(texts.say("session.elsewhere")));
            }
            if (opening == ProfileClient.Opening.RETIRED) {
                client.moves()
                        .retirement()
                        .ifPresent(moved -> answers.println(shell.style().warning(shell.movedTo(moved))));
            }
            if (shell.refusals() > 0) {
                answers.println(shell.style().warning(texts.count("refused.mention", shell.refusals())));
            }
        }
        answers.flush();
    }
}
