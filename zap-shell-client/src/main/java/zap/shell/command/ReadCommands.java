package zap.shell.command;

import java.io.PrintWriter;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jline.terminal.Terminal;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.shell.core.command.CommandContext;
import org.springframework.shell.core.command.annotation.Command;
import org.springframework.shell.core.command.annotation.Option;
import zap.protocol.Address;
import zap.shell.chat.OneShot;
import zap.shell.chat.ProfileClient;
import zap.shell.command.context.Json;
import zap.shell.command.context.ShellContext;
import zap.shell.command.view.LiveView;
import zap.shell.command.view.ProgressLine;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.Messages;
import zap.shell.store.Messages.Message;
import zap.shell.store.Messages.Unread;
import zap.shell.store.StoreFault;

/** The commands that show or count new messages. */
class ReadCommands {

    private static final int PAGE = 500;
    private static final String NOTHING_NEW = "read.none";

    private final ShellContext shell;
    private final MessageListing listing;

    /**
     * The mail that was fetched for a command.
     *
     * @param none the key of the sentence when there are no messages; null when the mail could not be fetched
     * @param eventsBefore events with greater ids happened during the fetch, and are shown with any message
     */
    private record Fetch(@Nullable String none, long eventsBefore) {

        /** The mail was here already. */
        static final Fetch NOT_NEEDED = new Fetch(NOTHING_NEW, Long.MAX_VALUE);
    }

    /**
     * @param terminals asked when the output of a single command is longer than a screen
     */
    ReadCommands(ShellContext shell, LiveView live, ObjectProvider<Terminal> terminals) {
        this.shell = shell;
        this.listing = new MessageListing(shell, live, terminals);
    }

    @Command(
            group = Syntax.GROUP,
            name = "read",
            description = "Show new messages, and send read receipts",
            completionProvider = "chats")
    void read(CommandContext context, @Option(longName = "json", defaultValue = "false") Boolean json) {
        Arguments arguments = Arguments.ofRegistered(context, shell, 1);
        withMail(fetch -> {
            showUnseen(context.outputWriter(), fetch, chosen(arguments), json, !arguments.has(0), true);
            listing.printHidden(context.outputWriter(), arguments, json);
        });
    }

    /** Returns the unread messages of the chat of the first argument, or of all chats. */
    private List<Unread> chosen(Arguments arguments) {
        List<Unread> unread = shell.client().messages().unread();
        if (!arguments.has(0)) {
            return unread;
        }
        Address chat = shell.who(arguments.required(0));
        return unread.stream().filter(one -> one.chat().equals(chat)).toList();
    }

    /**
     * Runs a command that reads or counts. A single command fetches the waiting mail first, because its user expects to
     * see it. With a session, in this window or in another one, the mail is here already.
     *
     * @param reading shows or counts
     */
    private void withMail(Consumer<Fetch> reading) {
        ProfileClient client = shell.client();
        if (shell.hasSession()) {
            reading.accept(Fetch.NOT_NEEDED);
            if (client.isOnline() && !client.isCaughtUp()) {
                shell.notices().println(shell.texts().say("read.more-comes"));
                shell.notices().flush();
            }
            return;
        }
        long eventsBefore = client.history().newest();
        Optional<StoreFault> unwritable = client.database().unwritable();
        if (unwritable.isPresent()) {
            // No mail can be stored, and none be marked as read: the stored messages are shown.
            reading.accept(new Fetch(null, eventsBefore));
            throw shell.refusal(unwritable.get());
        }
        var session = new OneShot(client, new ProgressLine(shell));
        OneShot.Result result;
        try (session) {
            result = session.fetch();
            boolean complete = result instanceof OneShot.Result.Done || result instanceof OneShot.Result.Elsewhere;
            reading.accept(new Fetch(complete ? NOTHING_NEW : null, eventsBefore));
            if (result instanceof OneShot.Result.Done) {
                session.awaitReadMarks();
            }
        }
        var earlier = new EarlierWrites(shell, session);
        switch (result) {
            case OneShot.Result.Done() -> earlier.refuse();
            case OneShot.Result.Elsewhere(var report) -> EarlierWrites.mentionRefusals(shell);
            case OneShot.Result.Retired() -> shell.inUse();
            case OneShot.Result.Failed(var failure) -> throw earlier.failed(failure, "read.offline");
            case OneShot.Result.Stalled() ->
                throw earlier.stalled(
                        shell.texts().say("read.stalled", client.server().address(), OneShot.STANDSTILL.toSeconds()));
        }
    }

    /**
     * Shows the unseen messages of these chats.
     *
     * @param withChat whether each line names its chat
     * @param read whether to mark the shown messages as read
     */
    private void showUnseen(
            PrintWriter out, Fetch fetch, List<Unread> chats, boolean json, boolean withChat, boolean read) {
        ProfileClient client = shell.client();
        List<HistoryEvent> events = client.history().all();
        if (!events.isEmpty()) {
            long from = chats.stream()
                    .min(Comparator.comparingLong(Unread::firstNumber))
                    .flatMap(first -> client.messages().find(first.firstNumber()))
                    .map(client.messages()::numberBefore)
                    .orElse(Long.MAX_VALUE);
            long firstNumber =
                    chats.stream().mapToLong(Unread::firstNumber).min().orElse(Long.MAX_VALUE);
            events = MessageListing.eventsAround(events, firstNumber, from, fetch.eventsBefore());
        }
        long count = chats.stream().mapToLong(Unread::count).sum();
        var page = new MessageListing.Page(unseenOf(chats), count, count, events, withChat, fetch.none());
        listing.show(out, page, json, read ? client::seen : shown -> {});
    }

    /** Returns the messages of these chats that are unseen now, read from the store page by page. */
    private Iterator<Message> unseenOf(List<Unread> chats) {
        Messages messages = shell.client().messages();
        long newest = messages.newest();
        return chats.stream()
                .flatMap(chat -> Stream.iterate(
                                messages.unseenAfter(chat.chat(), 0, PAGE),
                                page -> !page.isEmpty(),
                                page -> messages.unseenAfter(
                                        chat.chat(), page.getLast().number(), PAGE))
                        .flatMap(List::stream)
                        .takeWhile(message -> message.number() <= newest))
                .iterator();
    }

    @Command(
            group = Syntax.GROUP,
            name = "peek",
            description = "Show new messages, without read receipts",
            completionProvider = "chats")
    void peek(CommandContext context, @Option(longName = "json", defaultValue = "false") Boolean json) {
        Arguments arguments = Arguments.ofRegistered(context, shell, 1);
        withMail(fetch -> {
            showUnseen(context.outputWriter(), fetch, chosen(arguments), json, !arguments.has(0), false);
            listing.printHidden(context.outputWriter(), arguments, json);
        });
    }

    @Command(group = Syntax.GROUP, name = "next", description = "Read the chat that has waited longest")
    void next(CommandContext context, @Option(longName = "json", defaultValue = "false") Boolean json) {
        Arguments.ofRegistered(context, shell, 0);
        withMail(fetch -> {
            List<Unread> unread = shell.client().messages().unread();
            List<Unread> first = unread.stream().limit(1).toList();
            if (!json && !first.isEmpty()) {
                context.outputWriter()
                        .println(shell.style()
                                .bold(shell.views().name(first.getFirst().chat())));
            }
            showUnseen(context.outputWriter(), fetch, first, json, false, true);
        });
    }

    @Command(group = Syntax.GROUP, name = "unread", description = "Which chats have new messages")
    void unread(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false") Boolean json,
            @Option(longName = "count", defaultValue = "false") Boolean count) {
        Arguments.ofRegistered(context, shell, 0);
        withMail(fetch -> {
            PrintWriter out = context.outputWriter();
            if (count) {
                out.println(shell.client().messages().unreadCount());
            } else {
                printUnread(out, shell.client().messages().unread(), json, fetch);
            }
            out.flush();
        });
    }

    private void printUnread(PrintWriter out, List<Unread> unread, boolean json, Fetch fetch) {
        if (!json) {
            listing.eventsAround(List.of(), fetch.eventsBefore())
                    .forEach(event -> out.println(shell.views().event(event)));
        }
        @Nullable String none = fetch.none();
        if (!json && unread.isEmpty() && none != null) {
            out.println(shell.texts().say(none));
        }
        List<Unread> ofStrangers = unread.stream().filter(Unread::ofStranger).toList();
        boolean inOneLine = !json && ofStrangers.size() > 1;
        for (Unread chat : unread) {
            if (json) {
                var map = new LinkedHashMap<String, @Nullable Object>();
                map.put("chat", chat.chat().toString());
                map.put("name", shell.client().addressBook().name(chat.chat()).orElse(null));
                map.put("unread", chat.count());
                map.put("newest", chat.newest().seconds());
                map.put("muted", shell.client().people().isMuted(chat.chat()));
                map.put("ofStranger", chat.ofStranger());
                out.println(Json.of(map));
            } else if (!inOneLine || !chat.ofStranger()) {
                out.println(shell.texts()
                        .count(
                                "unread.line",
                                chat.count(),
                                shell.views().name(chat.chat()),
                                shell.views().time(chat.newest())));
            }
        }
        if (inOneLine) {
            out.println(shell.texts()
                    .say(
                            "unread.strangers",
                            ofStrangers.stream().mapToInt(Unread::count).sum(),
                            ofStrangers.size()));
        }
    }
}
