package zap.shell.command;

import java.util.List;
import org.springframework.shell.core.command.CommandArgument;
import org.springframework.shell.core.command.CommandContext;

/** The arguments of one command, without its options. */
record Arguments(List<String> values, Texts texts, String command) {

    static Arguments of(CommandContext context, Texts texts) {
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
    void atMost(int count) {
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
