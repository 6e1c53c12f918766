package zap.shell.command.runner;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.shell.core.command.Command;
import org.springframework.shell.core.command.CommandArgument;
import org.springframework.shell.core.command.CommandOption;
import org.springframework.shell.core.command.CommandParser;
import org.springframework.shell.core.command.CommandRegistry;
import org.springframework.shell.core.command.ParsedInput;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.Texts;

/**
 * The parser of a typed line, and of the words of a call. There are no quotes and no escapes: a text is taken as it
 * stands, so {@code don't}, {@code wow!!}, {@code "quoted"} and three blanks in a row arrive as typed.
 *
 * <p>Options stand after the command's name; options of a command with a text stand before the text. {@code --} ends
 * the options.
 */
public final class CommandLineParser implements CommandParser {

    private static final Pattern WORD = Pattern.compile("\\S+");

    private final CommandRegistry registry;
    private final Map<String, Integer> textAfter;
    private final Texts texts;

    /**
     * @param textAfter the number of words before the text, for each command that takes a text
     */
    CommandLineParser(CommandRegistry registry, Map<String, Integer> textAfter, Texts texts) {
        this.registry = registry;
        this.textAfter = textAfter;
        this.texts = texts;
    }

    /** Returns whether a typed line calls a command that takes a text. */
    boolean takesText(String line) {
        @Nullable Command command = commandOf(wordsOf(line));
        return command != null && textAfter.containsKey(command.getName());
    }

    @Override
    public ParsedInput parse(String line) {
        var matcher = WORD.matcher(line);
        var parts = new ArrayList<String>();
        var ends = new ArrayList<Integer>();
        while (matcher.find()) {
            parts.add(matcher.group());
            ends.add(matcher.end());
        }
        return parse(parts, from -> {
            int start = from == 0 ? 0 : ends.get(from - 1);
            // One blank ends the word before it; all others belong to the text.
            return start < line.length() ? line.substring(start + 1) : "";
        });
    }

    /** Parses the words of a call. Each is one word, blanks included. */
    public ParsedInput parse(List<String> parts) {
        return parse(parts, from -> String.join(" ", parts.subList(from, parts.size())));
    }

    private interface Rest {
        String from(int word);
    }

    private ParsedInput parse(List<String> parts, Rest rest) {
        @Nullable Command command = commandOf(parts);
        if (command == null) {
            throw new RefusedCommandException(
                    ExitCode.USAGE, texts.say("error.no-command", parts.isEmpty() ? "" : parts.getFirst()));
        }
        String[] name = command.getName().split(" ", -1);
        var parsed = ParsedInput.builder().commandName(name[0]);
        for (int i = 1; i < name.length; i++) {
            parsed.addSubCommand(name[i]);
        }
        @Nullable Integer wordsBeforeText = textAfter.get(command.getName());
        int arguments = 0;
        boolean optionsEnded = false;
        for (int at = depthOf(command, parts); at < parts.size(); at++) {
            if (wordsBeforeText != null
                    && arguments == wordsBeforeText
                    && (optionsEnded || !isOption(command, parts.get(at)))) {
                parsed.addArgument(new CommandArgument(arguments, rest.from(at)));
                return parsed.build();
            }
            String part = parts.get(at);
            if (!optionsEnded && part.equals("--")) {
                optionsEnded = true;
                if (wordsBeforeText != null && arguments == wordsBeforeText && at + 1 < parts.size()) {
                    parsed.addArgument(new CommandArgument(arguments, rest.from(at + 1)));
                    return parsed.build();
                }
            } else if (!optionsEnded && looksLikeOption(part)) {
                at = option(command, parts, at, parsed);
            } else {
                parsed.addArgument(new CommandArgument(arguments++, part));
            }
        }
        return parsed.build();
    }

    private int option(Command command, List<String> parts, int at, ParsedInput.Builder parsed) {
        String part = parts.get(at);
        int equals = part.indexOf('=');
        String name = equals < 0 ? part : part.substring(0, equals);
        if (name.equals("--help") || name.equals("-h")) {
            parsed.addOption(CommandOption.with().longName("help").value("true").build());
            return at;
        }
        for (CommandOption option : command.getOptions()) {
            if (option.isOptionEqual(name)) {
                String value;
                int used = at;
                if (equals >= 0) {
                    value = part.substring(equals + 1);
                } else if (option.type() == Boolean.class) {
                    value = "true";
                } else if (at + 1 < parts.size()) {
                    value = parts.get(at + 1);
                    used = at + 1;
                } else {
                    throw new RefusedCommandException(ExitCode.USAGE, texts.say("error.option-needs-value", name));
                }
                parsed.addOption(CommandOption.with()
                        .longName(String.valueOf(option.longName()))
                        .shortName(option.shortName())
                        .value(value)
                        .build());
                return used;
            }
        }
        throw new RefusedCommandException(ExitCode.USAGE, texts.say("error.no-option", command.getName(), name));
    }

    private static boolean looksLikeOption(String part) {
        return part.length() > 1 && part.startsWith("-");
    }

    private static boolean isOption(Command command, String part) {
        if (part.equals("--help") || part.equals("-h") || part.equals("--")) {
            return true;
        }
        int equals = part.indexOf('=');
        String name = equals < 0 ? part : part.substring(0, equals);
        return command.getOptions().stream().anyMatch(option -> option.isOptionEqual(name));
    }

    private @Nullable Command commandOf(List<String> parts) {
        if (parts.size() > 1) {
            @Nullable Command two = registry.getCommandByName(parts.get(0) + " " + parts.get(1));
            if (two != null) {
                return two;
            }
        }
        return parts.isEmpty() ? null : registry.getCommandByName(parts.getFirst());
    }

    private static int depthOf(Command command, List<String> parts) {
        boolean two = parts.size() > 1
                && (command.getName().equals(parts.get(0) + " " + parts.get(1))
                        || command.getAliases().contains(parts.get(0) + " " + parts.get(1)));
        return two ? 2 : 1;
    }

    private static List<String> wordsOf(String line) {
        return WORD.matcher(line).results().map(MatchResult::group).toList();
    }
}
