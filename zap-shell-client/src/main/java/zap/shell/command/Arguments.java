package zap.shell.command;

import java.util.List;
import org.springframework.shell.core.command.CommandArgument;
import org.springframework.shell.core.command.CommandContext;

/** The arguments of one command, without its options. */
record Arguments(List<String> arguments, Texts words, String command) {

    static Arguments of(CommandContext context, Texts words) {
        String name = context.parsedInput().commandName();
        if (!context.parsedInput().subCommands().isEmpty()) {
            name += " " + String.join(" ", context.parsedInput().subCommands());
        }
        return new Arguments(
                context.parsedInput().arguments().stream()
                        .map(CommandArgument::value)
                        .toList(),
                words,
                name);
    }

    boolean has(int index) {
        return index < arguments.size();
    }

    /** Returns the argument, or refuses with the usage of the command. */
    String required(int index) {
        if (!has(index)) {
            throw usage();
        }
        return arguments.get(index);
    }

    String rest(int from) {
        return has(from) ? String.join(" ", arguments.subList(from, arguments.size())) : "";
    }

    /** Refuses more arguments than this count. */
    void atMost(int count) {
        if (arguments.size() > count) {
            throw usage();
        }
    }

    RefusedCommandException usage() {
        String key = "command." + command.replace(' ', '-');
        return new RefusedCommandException(
                ExitCode.USAGE, words.say("error.usage", words.say(key + ".usage"), words.say(key + ".example")));
    }
}
