package zap.shell.command;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.shell.core.command.Command;
import org.springframework.shell.core.command.CommandContext;
import org.springframework.shell.core.command.CommandOption;
import org.springframework.shell.core.command.CommandRegistry;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.Texts;

/** The commands that list and explain the commands, in the user's language. */
public class HelpCommands {

    /** The chapters of the help, and their commands. */
    public static final Map<String, List<String>> CHAPTERS = chapters();

    private final ShellContext shell;
    private final ObjectProvider<CommandRegistry> registry;

    HelpCommands(ShellContext shell, ObjectProvider<CommandRegistry> registry) {
        this.shell = shell;
        this.registry = registry;
    }

    private static Map<String, List<String>> chapters() {
        var map = new LinkedHashMap<String, List<String>>();
        map.put("start", List.of("register", "whoami", "connect", "disconnect", "status"));
        map.put("talk", List.of("chat", "send", "reply", "resend", "dismiss"));
        map.put("read", List.of("unread", "next", "read", "peek", "history", "search", "info"));
        map.put(
                "people",
                List.of(
                        "contact add",
                        "contact list",
                        "contact rename",
                        "contact remove",
                        "create-group",
                        "group list",
                        "group info",
                        "group rename",
                        "leave",
                        "join",
                        "block",
                        "unblock"));
        map.put(
                "settings",
                List.of(
                        "receipts",
                        "mute",
                        "export",
                        "profile export",
                        "profile import",
                        "profile reopen",
                        "profile rescue",
                        "identity show",
                        "identity export",
                        "identity import",
                        "doctor",
                        "version",
                        "help",
                        "quit"));
        return map;
    }

    @org.springframework.shell.core.command.annotation.Command(
            group = Syntax.GROUP,
            name = "help",
            description = "This, or more about one command",
            completionProvider = "commands")
    void help(CommandContext context) {
        Arguments arguments = Arguments.of(context, shell.texts());
        PrintWriter out = context.outputWriter();
        if (arguments.has(0)) {
            about(out, arguments.rest(0));
            return;
        }
        Texts texts = shell.texts();
        out.println(texts.say("help.head"));
        CHAPTERS.forEach((chapter, commands) -> {
            out.println();
            out.println(shell.style().bold(texts.say("help.chapter." + chapter)));
            for (String command : commands) {
                String usage = texts.say(key(command) + ".usage");
                out.println("  " + usage + " ".repeat(Math.max(1, 32 - usage.length()))
                        + texts.say(key(command) + ".about"));
            }
        });
        out.println();
        out.println(texts.say("help.foot"));
    }

    public static String key(String command) {
        return "command." + command.replace(' ', '-');
    }

    /** Prints the usage, the options and an example of one command. */
    public void about(PrintWriter out, String name) {
        Texts texts = shell.texts();
        @Nullable Command command = registry.getObject().getCommandByName(name);
        if (command == null) {
            List<Command> under = registry.getObject().getCommandsByPrefix(name + " ");
            if (under.isEmpty()) {
                throw new RefusedCommandException(ExitCode.USAGE, texts.say("error.no-command", name));
            }
            under.stream().map(Command::getName).sorted().forEach(one -> about(out, one));
            return;
        }
        String key = key(command.getName());
        out.println(shell.style().bold(texts.say(key + ".usage")));
        out.println("  " + texts.say(key + ".about"));
        if (texts.has(key + ".more")) {
            texts.say(key + ".more").lines().forEach(line -> out.println("  " + line));
        }
        for (CommandOption option : command.getOptions()) {
            out.println("  --" + option.longName() + (option.shortName() == ' ' ? "" : ", -" + option.shortName())
                    + ": " + texts.say("option." + option.longName()));
        }
        out.println("  " + texts.say("help.example", texts.say(key + ".example")));
    }

    @org.springframework.shell.core.command.annotation.Command(
            group = Syntax.GROUP,
            name = "version",
            description = "Which zap this is")
    void version(CommandContext context) {
        @Nullable String version = HelpCommands.class.getPackage().getImplementationVersion();
        context.outputWriter().println("zap " + (version == null ? "?" : version));
    }

    @org.springframework.shell.core.command.annotation.Command(
            group = Syntax.GROUP,
            name = "quit",
            alias = "exit",
            description = "Leave")
    void quit(CommandContext context) {
        // The runner ends the session at this command; a single command has no session to leave.
    }
}
