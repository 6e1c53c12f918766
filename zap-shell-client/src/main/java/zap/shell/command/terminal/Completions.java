package zap.shell.command.terminal;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;
import org.jspecify.annotations.Nullable;
import org.springframework.shell.core.command.Command;
import org.springframework.shell.core.command.CommandOption;
import org.springframework.shell.core.command.CommandRegistry;
import org.springframework.shell.core.command.completion.CompletionContext;
import org.springframework.shell.core.command.completion.CompletionProposal;
import zap.shell.text.Names;

/** The completer of commands, their options and their arguments, such as people and groups. */
public final class Completions implements Completer {

    private final CommandRegistry registry;

    public Completions(CommandRegistry registry) {
        this.registry = registry;
    }

    @Override
    public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        List<String> words = line.words();
        int index = line.wordIndex();
        String typed = index < words.size() ? words.get(index).substring(0, line.wordCursor()) : "";
        for (CompletionProposal proposal : proposals(words, index, typed)) {
            candidates.add(new Candidate(
                    proposal.value(), proposal.displayText(), null, proposal.description(), null, null, true));
        }
    }

    /** Returns the candidates for this word. */
    List<CompletionProposal> proposals(List<String> words, int index, String typed) {
        var proposals = new ArrayList<CompletionProposal>();
        String before = String.join(" ", words.subList(0, Math.min(index, words.size())));
        for (Command command : registry.getCommands()) {
            String rest = before.isEmpty()
                    ? command.getName()
                    : command.getName().startsWith(before + " ")
                            ? command.getName().substring(before.length() + 1)
                            : "";
            if (!rest.isEmpty() && rest.startsWith(typed)) {
                String next = rest.split(" ", -1)[0];
                if (proposals.stream().noneMatch(p -> p.value().equals(next))) {
                    proposals.add(new CompletionProposal(next));
                }
            }
        }
        @Nullable Command command = commandOf(words, index);
        if (command == null) {
            return proposals;
        }
        int depth = command.getName().split(" ", -1).length;
        if (typed.startsWith("-")) {
            for (CommandOption option : command.getOptions()) {
                if (("--" + option.longName()).startsWith(typed)) {
                    proposals.add(new CompletionProposal("--" + option.longName()));
                }
            }
            return proposals;
        }
        List<String> arguments = words.subList(depth, Math.max(depth, Math.min(words.size(), index + 1)));
        var context = new CompletionContext(arguments, index - depth, typed.length(), command, null);
        Stream<CompletionProposal> known = command.getCompletionProvider().apply(context).stream();
        known.filter(p -> Names.letters(p.value()).startsWith(Names.letters(typed)))
                .forEach(proposals::add);
        return proposals;
    }

    private @Nullable Command commandOf(List<String> words, int index) {
        if (index >= 2) {
            @Nullable Command two = registry.getCommandByName(words.get(0) + " " + words.get(1));
            if (two != null) {
                return two;
            }
        }
        return index >= 1 ? registry.getCommandByName(words.get(0)) : null;
    }
}
