package zap.shell.command;

import java.util.List;
import org.springframework.shell.core.command.CommandArgument;
import org.springframework.shell.core.command.CommandContext;

/** The arguments of one call of a command. */
record Call(List<String> arguments, Words words, String command) {

    static Call of(CommandContext context, Words words) {
        String name = context.parsedInput().commandName();
        if (!context.parsedInput().subCommands().isEmpty()) {
            name += " " + String.join(" ", context.parsedInput().subCommands());
        }
        return new Call(
                context.parsedInput().arguments().stream()
                        .map(CommandArgument::value)
                        .toList(),
                words,
                name);
    }

    boolean has(int index) {
        return index < arguments.size();
    }

    /** The argument, or a refusal that says how the command is used. */
    String required(int index) {
        if (!has(index)) {
            throw usage();
        }
        return arguments.get(index);
    }

    String rest(int from) {
        return has(from) ? String.join(" ", arguments.subList(from, arguments.size())) : "";
    }

    /** No more arguments than these. */
    void atMost(int count) {
        if (arguments.size() > count) {
            throw usage();
        }
    }

    Refusal usage() {
        String key = "command." + command.replace(' ', '-');
        return new Refusal(
                ExitCode.USAGE, words.say("error.usage", words.say(key + ".usage"), words.say(key + ".example")));
    }
}
