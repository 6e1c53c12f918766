package zap.shell.command;

import java.util.List;
import org.springframework.shell.core.command.CommandArgument;
import org.springframework.shell.core.command.CommandContext;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.Texts;

/** The arguments of one command, without its options. */
public record Arguments(List<String> values, Texts texts, String command) {

    /** The maximum of a command that takes any number of arguments. */
    static final int ANY = Integer.MAX_VALUE;

    public static Arguments of(CommandContext context, Texts texts) {
        String name = context.parsedInput().commandName();
        if (!context.parsedInput().subCommands().isEmpty()) {
            name += " " + String.join(" ", context.parsedInput().subCommands());
        }
        return new Arguments(
                context.parsedInput().arguments().stream()
                        .map(CommandArgument::value)
                        .toList(),
                texts,
                name);
    }

    /** Returns the arguments, or refuses: first more than the maximum, then a profile without a number. */
    static Arguments ofRegistered(CommandContext context, ShellContext shell, int max) {
        Arguments arguments = of(context, shell.texts());
        arguments.atMost(max);
        shell.self();
        return arguments;
    }

    /** Returns the arguments as {@link #ofRegistered} does, and then refuses a profile that was moved. */
    static Arguments ofActive(CommandContext context, ShellContext shell, int max) {
        Arguments arguments = ofRegistered(context, shell, max);
        shell.inUse();
        return arguments;
    }

    boolean has(int index) {
        return index < values.size();
    }

    /** Returns the argument, or refuses with the usage of the command. */
    String required(int index) {
        if (!has(index)) {
            throw usage();
        }
        return values.get(index);
    }

    String rest(int from) {
        return has(from) ? String.join(" ", values.subList(from, values.size())) : "";
    }

    /** Refuses more arguments than this count. */
    public void atMost(int count) {
        if (values.size() > count) {
            throw usage();
        }
    }

    RefusedCommandException usage() {
        String key = "command." + command.replace(' ', '-');
        return new RefusedCommandException(
                ExitCode.USAGE, texts.say("error.usage", texts.say(key + ".usage"), texts.say(key + ".example")));
    }
}
