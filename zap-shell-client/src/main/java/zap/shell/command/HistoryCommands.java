package zap.shell.command;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jline.terminal.Terminal;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.shell.core.command.CommandContext;
import org.springframework.shell.core.command.annotation.Command;
import org.springframework.shell.core.command.annotation.Option;
import zap.protocol.Address;
import zap.shell.command.context.AnswerStream;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.Json;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.Texts;
import zap.shell.command.context.Views;
import zap.shell.command.view.LiveView;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.Messages.Progress;

/** The commands that show, find and export messages of before. */
class HistoryCommands {

    private static final int PAGE = 500;

    private final ShellContext shell;
    private final MessageListing listing;
    private final MessageArguments messageArguments;

    /**
     * @param terminals asked when the output of a single command is longer than a screen
     */
    HistoryCommands(ShellContext shell, LiveView live, ObjectProvider<Terminal> terminals) {
        this.shell = shell;
        this.listing = new MessageListing(shell, live, terminals);
        this.messageArguments = new MessageArguments(shell);
    }

    @Command(
            group = Syntax.GROUP,
            name = "history",
            description = "Show the last messages of a chat",
            completionProvider = "chats")
    void history(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false") Boolean json,
            @Option(longName = "last", shortName = 'n', defaultValue = "20") String last) {
        Arguments arguments = Arguments.ofRegistered(context, shell, 1);
        Address chat = shell.who(arguments.required(0));
        // The messages stay unread: `read` and `chat` mark them.
        List<Message> messages = shell.client().messages().last(chat, messageArguments.atLeastOne(last));
        if (!json) {
            listing.printPredecessor(context.outputWriter(), chat);
        }
        listing.show(context.outputWriter(), messages, listing.eventsAround(messages), json, false, "history.none");
        listing.printHidden(context.outputWriter(), arguments, json);
        if (!json) {
            listing.printSuccessor(context.outputWriter(), chat);
        }
    }

    @Command(group = Syntax.GROUP, name = "search", description = "Find messages by their words")
    @Syntax(textAfter = 0)
    void search(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false") Boolean json,
            @Option(longName = "in") @Nullable String in,
            @Option(longName = "last", shortName = 'n', defaultValue = "20") String last) {
        Arguments arguments = Arguments.ofRegistered(context, shell, Arguments.ANY);
        @Nullable Address chat = in == null ? null : shell.who(in);
        List<Message> found =
                shell.client().search().find(arguments.required(0), chat, messageArguments.atLeastOne(last));
        if (found.isEmpty()) {
            throw new RefusedCommandException(ExitCode.NOT_WELL, shell.texts().say("search.none"));
        }
        listing.show(context.outputWriter(), found, List.of(), json, true, null);
    }

    @Command(group = Syntax.GROUP, name = "info", description = "Who has received and read a message, and when")
    void info(CommandContext context, @Option(longName = "json", defaultValue = "false") Boolean json) {
        Arguments arguments = Arguments.ofRegistered(context, shell, 1);
        Message message = messageArguments.find(messageArguments.number(arguments.required(0)));
        List<Progress> progress = message.outgoing() ? shell.client().messages().progress(message.number()) : List.of();
        if (json) {
            context.outputWriter().println(Json.of(json(message, progress)));
        } else {
            print(context.outputWriter(), message, progress);
        }
    }

    private Map<String, @Nullable Object> json(Message message, List<Progress> progress) {
        Map<String, @Nullable Object> map = shell.views().json(message);
        var recipients = new ArrayList<Object>();
        for (Progress one : progress) {
            var recipient = new LinkedHashMap<String, @Nullable Object>();
            recipient.put("id", one.person().toString());
            recipient.put(
                    "name",
                    shell.client().addressBook().name(one.person().asAddress()).orElse(null));
            recipient.put(
                    "delivered",
                    one.delivered() == null ? null : one.delivered().toString());
            recipient.put("read", one.read() == null ? null : one.read().toString());
            recipients.add(recipient);
        }
        map.put("recipients", recipients);
        return map;
    }

    private void print(PrintWriter out, Message message, List<Progress> progress) {
        Texts texts = shell.texts();
        out.println(shell.views().message(message, true));
        out.println("  " + texts.say("info.state." + Views.state(message))
                + (message.state() == DeliveryState.REFUSED
                        ? " " + shell.views().refusal(message)
                        : ""));
        if (!message.outgoing()) {
            out.println("  " + texts.say("info.came", shell.views().moment(message.notedAt()), message.author()));
        }
        progress.forEach(one -> out.println("  " + sentence(one)));
    }

    private String sentence(Progress progress) {
        Texts texts = shell.texts();
        String name = shell.views().name(progress.person());
        var read = progress.read();
        if (read != null) {
            return texts.say("info.read", name, shell.views().moment(read));
        }
        var delivered = progress.delivered();
        return delivered != null
                ? texts.say("info.delivered", name, shell.views().moment(delivered))
                : texts.say("info.nothing", name);
    }

    @Command(
            group = Syntax.GROUP,
            name = "export",
            description = "Write a chat's messages to a file",
            completionProvider = "chats")
    void export(CommandContext context, @Option(longName = "json", defaultValue = "false") Boolean json) {
        Arguments arguments = Arguments.ofRegistered(context, shell, 2);
        Address chat = shell.who(arguments.required(0));
        if (!arguments.has(1)) {
            write(context.outputWriter(), chat, json);
            return;
        }
        Path file = Path.of(arguments.required(1)).toAbsolutePath();
        shell.needsNew(file);
        shell.write(file, out -> write(out, chat, json));
        context.outputWriter().println(shell.texts().say("export.done", file));
    }

    private void write(PrintWriter out, Address chat, boolean json) {
        List<Message> page = shell.client().messages().after(chat, 0, PAGE);
        while (!page.isEmpty() && !shell.isStopped() && !out.checkError()) {
            if (json) {
                page.forEach(m -> out.println(Json.of(shell.views().json(m))));
            } else {
                shell.views().conversation(page, false).forEach(out::println);
            }
            page = shell.client().messages().after(chat, page.getLast().number(), PAGE);
        }
        AnswerStream.flush(out);
    }
}
