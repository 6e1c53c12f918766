package zap.shell.command;

import java.io.PrintWriter;
import java.util.List;
import org.jline.terminal.Terminal;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.shell.core.command.CommandContext;
import org.springframework.shell.core.command.annotation.Command;
import zap.protocol.Address;
import zap.shell.chat.ProfileClient;
import zap.shell.command.context.AnswerStream;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.command.terminal.Screen;
import zap.shell.command.view.LiveView;
import zap.shell.store.Messages.Message;

/** The command in which every line is a message. */
class ChatCommand {

    private static final int USUAL_HISTORY = 20;
    private static final int SEEN_BEFORE_NEW = 3;

    private final ShellContext shell;
    private final LiveView live;
    private final MessageWriter writer;
    private final MessageListing listing;

    ChatCommand(ShellContext shell, LiveView live, ObjectProvider<Terminal> terminals) {
        this.shell = shell;
        this.live = live;
        this.writer = new MessageWriter(shell, live);
        this.listing = new MessageListing(shell, live, terminals);
    }

    @Command(
            group = Syntax.GROUP,
            name = "chat",
            description = "Talk: every line is a message",
            completionProvider = "chats")
    void chat(CommandContext context) {
        Arguments arguments = Arguments.ofActive(context, shell, Arguments.ANY);
        Address chat = shell.who(arguments.required(0));
        arguments.atMost(1);
        shell.mayWrite(chat);
        @Nullable Screen screen = live.screen();
        if (screen == null) {
            throw new RefusedCommandException(ExitCode.USAGE, shell.texts().say("chat.needs-terminal"));
        }
        live.enter(chat);
        try {
            open(context.outputWriter(), chat);
            converse(context.outputWriter(), screen, chat);
        } finally {
            live.leave();
        }
    }

    /** Shows the last messages of the chat, at least all unseen ones up to a maximum, and marks them as seen. */
    private void open(PrintWriter out, Address chat) {
        ProfileClient client = shell.client();
        int unseen = client.messages().unseenCount(chat);
        int shown = Math.min(Math.max(USUAL_HISTORY, unseen + SEEN_BEFORE_NEW), LiveView.MOST_AT_ONCE);
        List<Message> messages = client.messages().last(chat, shown);
        listing.printPredecessor(out, chat);
        int earlier = unseen
                - (int) messages.stream().filter(message -> !message.seen()).count();
        if (earlier > 0) {
            out.println(live.earlier(chat, earlier));
        }
        shell.views()
                .conversation(messages, listing.eventsAround(messages), false)
                .forEach(out::println);
        out.println(shell.style()
                .dim(shell.texts().say("chat.entered", shell.views().name(chat))));
        AnswerStream.flush(out);
        markSeen(messages);
        live.entered(messages);
    }

    /** Sends each typed line, until the user leaves. */
    private void converse(PrintWriter out, Screen screen, Address chat) {
        String line;
        while ((line = screen.chatLine()) != null && !isLeaving(line)) {
            if (line.isBlank()) {
                continue;
            }
            if (isCommand(line)) {
                out.println(shell.style().dim(shell.texts().say("chat.commands")));
                out.flush();
                continue;
            }
            String text = withoutEscape(line);
            if (text.indexOf(0) >= 0) {
                out.println(shell.texts().say("error.nul"));
                continue;
            }
            writer.warnOfClock(out, chat);
            writer.writeAndShow(out, () -> shell.client().write(chat, text), false);
        }
    }

    /** Returns whether a line leaves the chat. Such a word stands at the line's beginning. */
    static boolean isLeaving(String line) {
        return List.of("/quit", "/q", "/exit").contains(line.stripTrailing());
    }

    /** Returns whether a line is a command to zap. Several lines are always a text. */
    static boolean isCommand(String line) {
        return !isText(line) && line.stripLeading().startsWith("/") && !isEscaped(line);
    }

    /** Returns the message that a line stands for: the first of two slashes is removed. */
    static String withoutEscape(String line) {
        int blanks = line.length() - line.stripLeading().length();
        return !isText(line) && isEscaped(line) ? line.substring(0, blanks) + line.substring(blanks + 1) : line;
    }

    private static boolean isText(String line) {
        return line.strip().contains("\n");
    }

    private static boolean isEscaped(String line) {
        return line.stripLeading().startsWith("//");
    }

    private void markSeen(List<Message> messages) {
        if (shell.client().database().unwritable().isPresent()) {
            return;
        }
        shell.client()
                .seen(messages.stream()
                        .filter(m -> !m.seen())
                        .map(Message::number)
                        .toList());
    }
}
