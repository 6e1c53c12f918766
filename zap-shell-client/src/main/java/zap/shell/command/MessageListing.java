package zap.shell.command;

import java.io.PrintWriter;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import org.jline.terminal.Terminal;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import zap.protocol.Address;
import zap.protocol.GroupId;
import zap.shell.chat.ProfileClient;
import zap.shell.command.context.Json;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.Views;
import zap.shell.command.terminal.Paging;
import zap.shell.command.terminal.Screen;
import zap.shell.command.terminal.TerminalPaging;
import zap.shell.command.view.LiveView;
import zap.shell.command.view.LongOutput;
import zap.shell.store.Blocks;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.HistoryEvents.Kind;
import zap.shell.store.Messages.Message;

/** Shows messages, with the events of the history between them and the sentences about hidden and replaced chats. */
final class MessageListing {

    private final ShellContext shell;
    private final LiveView live;
    private final ObjectProvider<Terminal> terminals;

    /**
     * Messages to show, of any number.
     *
     * @param count the number of messages
     * @param unseen the number of unseen ones
     * @param events the events between them
     * @param withChat whether they belong to several chats
     * @param none the key of the sentence when there are none; null for no sentence
     */
    record Page(
            Iterator<Message> messages,
            long count,
            long unseen,
            List<HistoryEvent> events,
            boolean withChat,
            @Nullable String none) {}

    /**
     * @param terminals asked when the output of a single command is longer than a screen
     */
    MessageListing(ShellContext shell, LiveView live, ObjectProvider<Terminal> terminals) {
        this.shell = shell;
        this.live = live;
        this.terminals = terminals;
    }

    /** Returns the events that happened between these messages or after them. */
    List<HistoryEvent> eventsAround(List<Message> messages) {
        return eventsAround(messages, Long.MAX_VALUE);
    }

    /**
     * Returns the events that happened between these messages or after them.
     *
     * @param shownAfter events with greater ids are returned in any case
     */
    List<HistoryEvent> eventsAround(List<Message> messages, long shownAfter) {
        ProfileClient client = shell.client();
        long from = messages.stream()
                .min(Comparator.comparingLong(Message::number))
                .map(client.messages()::numberBefore)
                .orElse(Long.MAX_VALUE);
        long first = messages.stream().mapToLong(Message::number).min().orElse(Long.MAX_VALUE);
        return eventsAround(client.history().all(), first, from, shownAfter);
    }

    /**
     * Returns the events that happened between messages or after them.
     *
     * @param first the number of the first message
     * @param from the number of the message before it in its chat
     * @param shownAfter events with greater ids are returned in any case
     */
    static List<HistoryEvent> eventsAround(List<HistoryEvent> events, long first, long from, long shownAfter) {
        return events.stream()
                .filter(event -> event.afterMessage() >= from || event.id() > shownAfter)
                // A chat that began under the present number has no event of an earlier number.
                .filter(event -> event.kind() != Kind.NEW_NUMBER || first <= event.afterMessage())
                .toList();
    }

    /** Shows messages of one chat or several, without marking them as read. */
    void show(
            PrintWriter out,
            List<Message> messages,
            List<HistoryEvent> events,
            boolean json,
            boolean withChat,
            @Nullable String none) {
        long unseen = messages.stream().filter(m -> !m.seen()).count();
        show(out, new Page(messages.iterator(), messages.size(), unseen, events, withChat, none), json, shown -> {});
    }

    /**
     * Shows messages until all are shown or the user stops it; at a terminal a screenful at a time.
     *
     * @param whenShown receives the numbers of the messages that were shown
     */
    void show(PrintWriter out, Page page, boolean json, Consumer<List<Long>> whenShown) {
        var output = new LongOutput(shell, out, json ? () -> null : this::paging, whenShown);
        if (json) {
            output.print(page.events().stream()
                    .map(event -> Json.of(shell.views().json(event)))
                    .toList());
        }
        Views views = shell.views();
        var conversation = views.new Conversation(page.events(), page.withChat(), page.unseen());
        long left = page.count();
        boolean goesOn = true;
        while (goesOn && page.messages().hasNext()) {
            Message message = page.messages().next();
            goesOn = output.print(
                    message.number(),
                    json ? List.of(Json.of(views.json(message))) : conversation.next(message),
                    left--);
        }
        if (goesOn && !json) {
            output.print(conversation.rest());
            if (page.count() == 0 && page.none() != null) {
                output.print(List.of(shell.texts().say(page.none())));
            }
        }
        output.end();
    }

    private @Nullable Paging paging() {
        @Nullable Screen screen = live.screen();
        if (screen != null) {
            return screen.paging();
        }
        if (!shell.isAtTerminal()) {
            return null;
        }
        Terminal terminal = terminals.getObject();
        terminal.handle(Terminal.Signal.INT, signal -> shell.stop());
        return new TerminalPaging(terminal);
    }

    /** Prints why the chat of the first argument, if there is one, shows no messages or no new ones. */
    void printHidden(PrintWriter out, Arguments arguments, boolean json) {
        if (json || !arguments.has(0)) {
            return;
        }
        Address chat = shell.who(arguments.required(0));
        Blocks blocks = shell.client().blocks();
        String name = shell.views().name(chat);
        if (blocks.isBlocked(chat)) {
            out.println(shell.style().dim(shell.texts().say("hidden.blocked", name)));
        } else if (blocks.isLeft(chat)) {
            out.println(shell.style().dim(shell.texts().say("hidden.left", name)));
        } else if (blocks.isHidden(chat)) {
            out.println(shell.style().dim(shell.texts().say("hidden.group", name)));
        }
        out.flush();
    }

    /** Prints which group this one replaced, if any. */
    void printPredecessor(PrintWriter out, Address chat) {
        shell.client()
                .succession()
                .predecessor(chat)
                .ifPresent(old -> out.println(shell.style()
                        .dim(shell.texts()
                                .say(
                                        isOfAnotherNumber(old) ? "history.group-former-before" : "history.group-before",
                                        old))));
    }

    /** Prints which group replaced this one, if any. */
    void printSuccessor(PrintWriter out, Address chat) {
        shell.client().succession().successor(chat).ifPresent(fresh -> {
            out.println(shell.style()
                    .dim(shell.texts()
                            .say(
                                    isOfAnotherNumber(chat.asGroup())
                                            ? "history.group-former-after"
                                            : "history.group-after",
                                    shell.views().name(fresh.asAddress()))));
            out.flush();
        });
    }

    /** Returns whether a group belongs to an earlier number of this profile. */
    private boolean isOfAnotherNumber(GroupId group) {
        ProfileClient client = shell.client();
        return client.people()
                .group(group)
                .flatMap(client.succession()::formerNumberIn)
                .isPresent();
    }
}
