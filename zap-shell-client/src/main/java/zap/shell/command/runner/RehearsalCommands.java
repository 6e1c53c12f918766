package zap.shell.command.runner;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jline.terminal.Size;
import org.jline.terminal.impl.LineDisciplineTerminal;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.shell.core.InputReader;
import org.springframework.shell.core.command.CommandContext;
import org.springframework.shell.core.command.CommandExecutor;
import org.springframework.shell.core.command.annotation.Command;
import zap.protocol.ClientId;
import zap.shell.chat.ProfileClient;
import zap.shell.command.Arguments;
import zap.shell.command.Syntax;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.command.terminal.Completions;
import zap.shell.command.terminal.TerminalScreen;
import zap.shell.command.terminal.WordParser;
import zap.shell.command.view.LiveView;
import zap.shell.identity.IdentityKey;
import zap.shell.store.ProfileSettings;

/**
 * The command that runs other commands once, to record the class cache of the start. A command that is not rehearsed
 * here starts more slowly.
 */
class RehearsalCommands {

    private static final ClientId SELF = new ClientId(1);
    private static final ClientId FRIEND = new ClientId(2);

    private static final List<List<String>> PLAY = List.of(
            List.of("help"),
            List.of("help", "send"),
            List.of("version"),
            List.of("whoami"),
            List.of("contact", "add", "bia", FRIEND.toString()),
            List.of("contact", "list"),
            List.of("contact", "list", "--json"),
            List.of("group", "list"),
            List.of("connect"),
            List.of("unread"),
            List.of("unread", "--count"),
            List.of("unread", "--json"),
            List.of("peek"),
            List.of("send", "bia", "oi 👋"),
            List.of("history", "bia"),
            List.of("history", "bia", "-n", "5", "--json"),
            List.of("search", "oi"),
            List.of("info", "1"),
            List.of("next"),
            List.of("read"),
            List.of("connect"),
            List.of("status"));

    private final ShellContext shell;
    private final LiveView live;
    private final ObjectProvider<Commands> commands;
    private final ObjectProvider<CommandLineParser> lines;

    RehearsalCommands(
            ShellContext shell,
            LiveView live,
            ObjectProvider<Commands> commands,
            ObjectProvider<CommandLineParser> lines) {
        this.shell = shell;
        this.live = live;
        this.commands = commands;
        this.lines = lines;
    }

    @Command(group = Syntax.GROUP, name = "rehearse", description = "Rehearse a start, in a profile of its own")
    void rehearse(CommandContext context) throws IOException {
        Arguments.of(context, shell.texts()).atMost(0);
        ProfileClient client = shell.client();
        if (client.self().isPresent()) {
            throw new RefusedCommandException(
                    ExitCode.USAGE,
                    shell.texts().say("rehearse.not-here", shell.profile().name()));
        }
        try (var server = RehearsalServer.open(SELF, FRIEND, client.clock())) {
            client.adopt(new ProfileSettings.Server("127.0.0.1", server.port(), false), SELF, IdentityKey.generate());
            for (List<String> words : PLAY) {
                run(words, context);
            }
        }
        typeSomething();
    }

    /** Runs a prompt, a completion and a command at a terminal without a screen. */
    private void typeSomething() throws IOException {
        try (var terminal = new LineDisciplineTerminal(
                "rehearsal", "xterm-256color", OutputStream.nullOutputStream(), StandardCharsets.UTF_8)) {
            terminal.setSize(new Size(80, 24));
            var screen = new TerminalScreen(
                    terminal,
                    live,
                    new WordParser(),
                    new Completions(commands.getObject()),
                    shell.profile().history());
            terminal.processInputBytes("unr\t\r".getBytes(StandardCharsets.UTF_8));
            screen.commandLine();
        }
    }

    private void run(List<String> words, CommandContext context) {
        Commands registry = commands.getObject();
        new CommandExecutor(registry)
                .execute(new CommandContext(
                        lines.getObject().parse(words), registry, context.outputWriter(), new InputReader() {}));
    }
}
