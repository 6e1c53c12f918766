package zap.shell.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jline.terminal.Terminal;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.shell.core.command.CommandContext;
import org.springframework.shell.core.command.annotation.Command;
import org.springframework.shell.core.command.annotation.Option;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.GroupId;
import zap.shell.chat.AddressBook;
import zap.shell.chat.ProfileClient;
import zap.shell.chat.SessionReport;
import zap.shell.connection.ServerConnection;
import zap.shell.store.Blocks;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.HistoryEvents.Kind;
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.Messages.Progress;
import zap.shell.store.Messages.Unread;
import zap.shell.store.OutgoingMessages;
import zap.shell.store.PendingGroups;
import zap.shell.store.PendingGroups.RefusedGroup;
import zap.shell.store.ProfileSettings;
import zap.shell.store.StoreFault;
import zap.shell.text.MessageTexts;
import zap.shell.text.Names;
import zap.shell.text.VisibleText;

/** Writing, reading and finding messages. */
class MessageCommands {

    private static final int USUAL_HISTORY = 20;
    private static final int SEEN_BEFORE_NEW = 3;
    private static final int QUOTED = 60;
    private static final int PAGE = 500;
    private static final String NOTHING_NEW = "read.none";
    private static final Duration A_MOMENT = Duration.ofMillis(150);
    private static final Duration SENT_WITHIN = Duration.ofSeconds(10);

    private final ShellContext shell;
    private final LiveView live;
    private final ObjectProvider<Terminal> terminals;

    /**
     * What a command that reads knows of the mail that was fetched for it.
     *
     * @param none the key of what to say when there is nothing; null when nobody could look
     * @param eventsBefore events with greater ids happened while it was fetched: they are shown whatever the command shows
     */
    private record Fetch(@Nullable String none, long eventsBefore) {

        /** Nothing needed to be fetched. */
        static final Fetch NOT_NEEDED = new Fetch(NOTHING_NEW, Long.MAX_VALUE);
    }

    /**
     * @param terminals asked when an output of a single command is longer than a screen
     */
    MessageCommands(ShellContext shell, LiveView live, ObjectProvider<Terminal> terminals) {
        this.shell = shell;
        this.live = live;
        this.terminals = terminals;
    }

    // -------------------------------------------------------------------------------------------------------------
    // writing

    @Command(group = Syntax.GROUP, name = "send", description = "Send a message", completionProvider = "chats")
    @Syntax(textAfter = 1)
    void send(
            CommandContext context,
            @Option(longName = "quiet", defaultValue = "false", description = "say nothing when it went well")
                    Boolean quiet) {
        Arguments call = Arguments.of(context, shell.texts());
        shell.self();
        shell.inUse();
        Address chat = shell.who(call.required(0));
        String text = call.required(1);
        shell.mayWrite(chat);
        deliver(context.outputWriter(), chat, text.equals("-") ? fromStandardInput() : text, quiet);
    }

    @Command(
            group = Syntax.GROUP,
            name = "reply",
            description = "Answer a message, with a quote of it",
            completionProvider = "chats")
    @Syntax(textAfter = 1)
    void reply(
            CommandContext context,
            @Option(longName = "quiet", defaultValue = "false", description = "say nothing when it went well")
                    Boolean quiet) {
        Arguments call = Arguments.of(context, shell.texts());
        shell.self();
        shell.inUse();
        Message original = messageOrLastOf(call.required(0));
        shell.mayWrite(original.chat());
        String text = call.required(1);
        String first = VisibleText.line(original.text().lines().findFirst().orElse(""));
        String quote = MessageTexts.length(first) <= QUOTED
                ? first
                : first.substring(0, first.offsetByCodePoints(0, QUOTED)) + "…";
        deliver(
                context.outputWriter(),
                original.chat(),
                "> " + quote + "\n" + (text.equals("-") ? fromStandardInput() : text),
                quiet);
    }

    private static String stripLastLineBreak(String text) {
        return text.endsWith("\r\n")
                ? text.substring(0, text.length() - 2)
                : text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    }

    private String fromStandardInput() {
        if (shell.isInteractive()) {
            throw new RefusedCommandException(ExitCode.USAGE, shell.texts().say("error.no-stdin"));
        }
        if (shell.input().holdsCommands()) {
            throw new RefusedCommandException(ExitCode.USAGE, shell.texts().say("error.stdin-has-commands"));
        }
        try {
            return stripLastLineBreak(shell.input().text());
        } catch (CharacterCodingException e) {
            throw new RefusedCommandException(ExitCode.BAD_DATA, shell.texts().say("error.not-utf8"));
        } catch (IOException e) {
            throw shell.unreadableInput(e);
        }
    }

    /** Checks a text, puts it into the outbox, and without a session of our own sees that it goes out. */
    private void deliver(PrintWriter out, Address chat, String text, boolean quiet) {
        Texts words = shell.texts();
        if (text.isBlank()) {
            throw new RefusedCommandException(ExitCode.BAD_DATA, words.say("error.empty"));
        }
        if (text.indexOf(0) >= 0) {
            throw new RefusedCommandException(ExitCode.BAD_DATA, words.say("error.nul"));
        }
        ProfileClient client = shell.client();
        tellOfClock(shell.isInteractive() ? out : shell.notices(), chat);
        if (hasSession()) {
            writeAndShow(out, () -> client.write(chat, text), true);
            return;
        }
        List<Long> numbers = client.write(chat, text);
        if (!quiet) {
            sayToWhom(chat, numbers.size());
        }
        sendOff(numbers);
    }

    /** Whether there is a session that sends by itself what is written. */
    private boolean hasSession() {
        return shell.isInteractive() || shell.client().state().isPresent();
    }

    /**
     * Sees that these go out, on a connection of this command's own or through the connected window, and refuses when the server is not
     * known to have them.
     */
    private void sendOff(List<Long> numbers) {
        ProfileClient client = shell.client();
        var connection = new OwnConnection(shell);
        boolean elsewhere = connection.open() == ProfileClient.Opening.ELSEWHERE;
        boolean sent;
        try {
            sent = elsewhere
                    ? client.await(SENT_WITHIN, () -> isSent(numbers) || hasEndedElsewhere()) && isSent(numbers)
                    : connection.await(() -> isSent(numbers))
                            && (!client.server().shortFrames() || client.awaitSent(numbers, SENT_WITHIN));
        } finally {
            connection.close();
        }
        connection.news(numbers).forEach(shell.notices()::println);
        shell.notices().flush();
        refuseWhatWasRefused(numbers);
        if (!sent) {
            throw notSent(connection, elsewhere, numbers);
        }
    }

    /** Whether another window has the session, and it has ended for good. */
    private boolean hasEndedElsewhere() {
        return shell.client()
                .elsewhere()
                .filter(report -> report.phase() == ServerConnection.Phase.OFF && report.trouble() != null)
                .isPresent();
    }

    private RefusedCommandException keptElsewhere() {
        Optional<SessionReport> report = shell.client().elsewhere();
        return report.isPresent() && report.get().phase() != ServerConnection.Phase.ONLINE
                ? kept(FailedSession.of(report.get()), "send.kept-elsewhere")
                : new RefusedCommandException(ExitCode.KEPT, shell.texts().say("send.kept-there"));
    }

    /** Refuses because a message could not be sent. It is in the outbox, unless the server does not accept the number: then it stays there. */
    private RefusedCommandException kept(FailedSession failed, String key) {
        ProfileSettings.Server server = shell.client().server();
        return failed.trouble().isOfTheNumber()
                ? failed.refusal(shell, server, "send.kept-not-accepted")
                : failed.refusal(ExitCode.KEPT, shell, server, key);
    }

    /** Who reads a script's log sees whom its message was for. */
    private void sayToWhom(Address chat, int parts) {
        AddressBook book = shell.client().addressBook();
        String number = Names.readable(chat.toString());
        String who = book.name(chat).map(name -> name + " (" + number + ")").orElse(number);
        shell.notices().println(shell.texts().count("send.to", parts, who));
        shell.notices().flush();
    }

    private RefusedCommandException notSent(OwnConnection connection, boolean elsewhere, List<Long> numbers) {
        if (elsewhere) {
            return keptElsewhere();
        }
        boolean inDoubt = isInDoubt(numbers);
        Optional<FailedSession> failed = connection.failed();
        if (failed.isPresent() && (!inDoubt || failed.get().trouble().isOfTheNumber())) {
            return kept(failed.get(), "send.kept");
        }
        return new RefusedCommandException(
                ExitCode.KEPT,
                shell.texts()
                        .say(
                                inDoubt ? "send.in-doubt" : "send.unconfirmed",
                                shell.client().server().address()));
    }

    /** Whether one of these was given to a connection of the base protocol, which does not say what became of it. */
    private boolean isInDoubt(List<Long> numbers) {
        ProfileClient client = shell.client();
        return !client.isAssured()
                && numbers.stream()
                        .flatMap(number -> client.messages().find(number).stream())
                        .anyMatch(message ->
                                message.way() == DeliveryState.HANDED || message.way() == DeliveryState.UNSURE);
    }

    /** Says that the last message to this chat was dated by a clock that was ahead: the next one will not be. */
    private void tellOfClock(PrintWriter to, Address chat) {
        Instant now = shell.client().clock().instant();
        shell.client().outgoing().lastDateAhead(chat, now).ifPresent(date -> {
            to.println(shell.style()
                    .warning(shell.texts()
                            .say(
                                    "send.clock",
                                    shell.views().moment(date.toInstant()),
                                    shell.views().moment(now))));
            to.flush();
        });
    }

    /** Tells of all of these that were refused: their person knows then. */
    private void refuseWhatWasRefused(List<Long> numbers) {
        ProfileClient client = shell.client();
        List<Message> refused = numbers.stream()
                .flatMap(number -> client.messages().find(number).stream())
                .filter(message -> message.way() == DeliveryState.REFUSED)
                .toList();
        if (refused.isEmpty()) {
            return;
        }
        refused.forEach(message -> client.outgoing().acknowledge(message.number()));
        throw new RefusedCommandException(
                ExitCode.ofRefusal(refused.getFirst().refusal()),
                String.join(
                        "\n",
                        refused.stream().map(shell.views()::refusedSentence).toList()));
    }

    /** A moment for the server's word, so that the line can be written with it. */
    private void awaitTheServersWord(List<Long> numbers) {
        ProfileClient client = shell.client();
        if (client.state()
                .filter(s -> s.phase() == ServerConnection.Phase.ONLINE)
                .isPresent()) {
            client.await(A_MOMENT, () -> isSettled(numbers));
        }
    }

    private boolean isSettled(List<Long> numbers) {
        return numbers.stream()
                .allMatch(number -> shell.client()
                        .messages()
                        .find(number)
                        .filter(m -> m.way() == DeliveryState.AT_SERVER || m.way() == DeliveryState.REFUSED)
                        .isPresent());
    }

    /** Writes, and shows what was written, as far as it has come; what comes of it later is told when it does. */
    private void writeAndShow(PrintWriter out, Supplier<List<Long>> writing, boolean withChat) {
        live.holdReceipts();
        var shown = new ArrayList<Message>();
        try {
            List<Long> numbers = writing.get();
            if (numbers.size() > 1) {
                out.println(shell.style().dim(shell.texts().say("send.split", numbers.size(), Body.MAX_CODE_POINTS)));
            }
            awaitTheServersWord(numbers);
            for (long number : numbers) {
                shell.client().messages().find(number).ifPresent(message -> {
                    out.println(shell.views().message(message, withChat));
                    shown.add(message);
                });
            }
            out.flush();
        } finally {
            live.nowOnScreen(shown);
        }
    }

    private boolean isSent(List<Long> numbers) {
        return shell.client().awaitSent(numbers, Duration.ZERO);
    }

    @Command(group = Syntax.GROUP, name = "resend", description = "Send unsure messages again")
    void resend(CommandContext context) {
        Arguments call = Arguments.of(context, shell.texts());
        call.atMost(1);
        shell.self();
        shell.inUse();
        ProfileClient client = shell.client();
        PrintWriter out = context.outputWriter();
        List<Message> again = call.has(0)
                ? List.of(unsureOrRefused(number(call.required(0))))
                : client.messages().unacknowledged(DeliveryState.UNSURE);
        if (again.isEmpty()) {
            out.println(shell.texts().say("resend.none"));
            OwnConnection.mentionRefusals(shell);
            return;
        }
        if (hasSession()) {
            for (Message message : again) {
                tellOfClock(shell.isInteractive() ? out : shell.notices(), message.chat());
                writeAndShow(out, () -> client.again(message.number()).stream().toList(), true);
            }
            return;
        }
        again.forEach(message -> tellOfClock(shell.notices(), message.chat()));
        List<Long> numbers = again.stream()
                .flatMap(message -> client.again(message.number()).stream())
                .toList();
        try {
            sendOff(numbers);
        } finally {
            numbers.stream()
                    .flatMap(number -> client.messages().find(number).stream())
                    .forEach(message -> out.println(shell.views().message(message, true)));
            out.flush();
        }
    }

    /** One that was refused is sent again only when it is named: the reason may be gone. */
    private Message unsureOrRefused(long number) {
        return shell.client()
                .messages()
                .find(number)
                .filter(message -> message.outgoing()
                        && (message.way() == DeliveryState.UNSURE || message.way() == DeliveryState.REFUSED))
                .orElseThrow(() -> new RefusedCommandException(
                        ExitCode.USAGE, shell.texts().say("resend.not-unsure", number)));
    }

    @Command(group = Syntax.GROUP, name = "dismiss", description = "Stop counting what was refused or is in doubt")
    void dismiss(CommandContext context) {
        Arguments call = Arguments.of(context, shell.texts());
        call.atMost(1);
        shell.self();
        shell.inUse();
        Messages messages = shell.client().messages();
        PendingGroups pendingGroups = shell.client().pendingGroups();
        OutgoingMessages outgoing = shell.client().outgoing();
        PrintWriter out = context.outputWriter();
        if (call.has(0)) {
            long number = unsureOrRefused(number(call.required(0))).number();
            outgoing.acknowledge(number);
            out.println(shell.texts().say("dismiss.one", number));
            return;
        }
        List<Message> all = new ArrayList<>(messages.unacknowledged(DeliveryState.REFUSED));
        all.addAll(messages.unacknowledged(DeliveryState.UNSURE));
        all.forEach(message -> outgoing.acknowledge(message.number()));
        List<RefusedGroup> groups = pendingGroups.refused();
        groups.forEach(group -> pendingGroups.remove(group.group().number()));
        int count = all.size() + groups.size();
        out.println(
                count == 0 ? shell.texts().say("dismiss.none") : shell.texts().count("dismiss.done", count));
    }

    @Command(
            group = Syntax.GROUP,
            name = "chat",
            description = "Talk to somebody: every line is a message",
            completionProvider = "chats")
    void chat(CommandContext context) {
        Arguments call = Arguments.of(context, shell.texts());
        shell.self();
        shell.inUse();
        Address chat = shell.who(call.required(0));
        call.atMost(1);
        shell.mayWrite(chat);
        @Nullable Screen screen = live.screen();
        if (screen == null) {
            throw new RefusedCommandException(ExitCode.USAGE, shell.texts().say("chat.needs-terminal"));
        }
        PrintWriter out = context.outputWriter();
        ProfileClient client = shell.client();
        live.enter(chat);
        try {
            int unseen = client.messages().unseenCount(chat);
            int shown = Math.min(Math.max(USUAL_HISTORY, unseen + SEEN_BEFORE_NEW), LiveView.MOST_AT_ONCE);
            List<Message> messages = client.messages().last(chat, shown);
            sayPredecessor(out, chat);
            int earlier = unseen
                    - (int) messages.stream().filter(message -> !message.seen()).count();
            if (earlier > 0) {
                out.println(live.earlier(chat, earlier));
            }
            shell.views()
                    .conversation(messages, spanned(messages, Fetch.NOT_NEEDED), false)
                    .forEach(out::println);
            out.println(shell.style()
                    .dim(shell.texts().say("chat.entered", shell.views().name(chat))));
            AnswerStream.flush(out);
            markSeen(messages);
            live.entered(messages);
            String line;
            while ((line = screen.chatLine()) != null) {
                if (line.isBlank()) {
                    continue;
                }
                if (isLeaving(line)) {
                    break;
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
                tellOfClock(out, chat);
                writeAndShow(out, () -> client.write(chat, text), false);
            }
        } finally {
            live.leave();
        }
    }

    /** Whether a line in a chat leaves it. One that does stands at the line's beginning. */
    static boolean isLeaving(String line) {
        return List.of("/quit", "/q", "/exit").contains(line.stripTrailing());
    }

    /** Whether a line in a chat is meant for zap. Several lines are a text, whatever they begin with. */
    static boolean isCommand(String line) {
        return !isText(line) && line.stripLeading().startsWith("/") && !isEscaped(line);
    }

    /** Returns what a line in a chat says: the first of two slashes only tells that it is no command. */
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

    // -------------------------------------------------------------------------------------------------------------
    // reading

    @Command(
            group = Syntax.GROUP,
            name = "read",
            description = "Show a chat's new messages, and tell that they were read",
            completionProvider = "chats")
    void read(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Arguments call = Arguments.of(context, shell.texts());
        call.atMost(1);
        shell.self();
        withMail(fetch -> {
            showUnseen(context.outputWriter(), fetch, chosen(call), json, !call.has(0), true);
            sayWhatIsHidden(context.outputWriter(), call, json);
        });
    }

    /** The chat that was named, or all of them. */
    private List<Unread> chosen(Arguments call) {
        List<Unread> unread = shell.client().messages().unread();
        if (!call.has(0)) {
            return unread;
        }
        Address chat = shell.who(call.required(0));
        return unread.stream().filter(one -> one.chat().equals(chat)).toList();
    }

    /**
     * Reads or counts, and before that fetches what waits at the server if this is a single command: nobody expects "nothing new" of one
     * that has not looked. Where another window is connected, that has fetched it.
     *
     * @param reading what is done then
     */
    private void withMail(Consumer<Fetch> reading) {
        ProfileClient client = shell.client();
        if (hasSession()) {
            reading.accept(Fetch.NOT_NEEDED);
            if (client.state()
                            .filter(s -> s.phase() == ServerConnection.Phase.ONLINE)
                            .isPresent()
                    && !client.isCaughtUp()) {
                shell.notices().println(shell.texts().say("read.more-comes"));
                shell.notices().flush();
            }
            return;
        }
        long eventsBefore = client.history().newest();
        Optional<StoreFault> unwritable = client.database().unwritable();
        if (unwritable.isPresent()) {
            // Nothing could be fetched, and nothing be marked: what is there is shown.
            reading.accept(new Fetch(null, eventsBefore));
            throw shell.refusal(unwritable.get());
        }
        var connection = new OwnConnection(shell);
        switch (connection.open()) {
            case ELSEWHERE -> {
                reading.accept(new Fetch(NOTHING_NEW, eventsBefore));
                OwnConnection.mentionRefusals(shell);
                return;
            }
            case RETIRED -> {
                reading.accept(new Fetch(null, eventsBefore));
                shell.inUse();
                return;
            }
            case OPENED, OPEN_ALREADY -> {}
        }
        boolean fetched;
        try {
            fetched = connection.awaitMail();
            reading.accept(new Fetch(fetched ? NOTHING_NEW : null, eventsBefore));
            if (fetched) {
                connection.awaitReadMarks();
            }
        } finally {
            connection.close();
        }
        if (!fetched) {
            throw notFetched(connection);
        }
        connection.tellNews();
    }

    private RefusedCommandException notFetched(OwnConnection connection) {
        return connection.refusal(
                "read.offline",
                shell.texts()
                        .say("read.stalled", shell.client().server().address(), OwnConnection.STANDSTILL.toSeconds()));
    }

    /**
     * Shows what is new, as much as is wanted of it.
     *
     * @param withChat whether it is of several chats
     * @param read whether what is shown counts as read
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
            events = spanned(events, firstNumber, from, fetch);
        }
        long count = chats.stream().mapToLong(Unread::count).sum();
        var listing = new Listing(unseenOf(chats), count, count, events, withChat, fetch.none());
        show(out, listing, json, read ? client::seen : shown -> {});
    }

    /** The messages of these chats that have not been seen by now, page by page from the store. */
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
            description = "Show a chat's new messages, and tell nobody",
            completionProvider = "chats")
    void peek(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Arguments call = Arguments.of(context, shell.texts());
        call.atMost(1);
        shell.self();
        withMail(fetch -> {
            showUnseen(context.outputWriter(), fetch, chosen(call), json, !call.has(0), false);
            sayWhatIsHidden(context.outputWriter(), call, json);
        });
    }

    @Command(group = Syntax.GROUP, name = "next", description = "Read the chat that has waited longest")
    void next(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Arguments.of(context, shell.texts()).atMost(0);
        shell.self();
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

    /** Returns the events that happened between these messages, behind them, or while this command fetched them. */
    private List<HistoryEvent> spanned(List<Message> messages, Fetch fetch) {
        ProfileClient client = shell.client();
        long from = messages.stream()
                .min(Comparator.comparingLong(Message::number))
                .map(client.messages()::numberBefore)
                .orElse(Long.MAX_VALUE);
        long first = messages.stream().mapToLong(Message::number).min().orElse(Long.MAX_VALUE);
        return spanned(client.history().all(), first, from, fetch);
    }

    /**
     * Returns the events that happened between messages.
     *
     * @param first the number of the first message
     * @param from the number of the one before it in its chat
     */
    private static List<HistoryEvent> spanned(List<HistoryEvent> events, long first, long from, Fetch fetch) {
        return events.stream()
                .filter(event -> event.afterMessage() >= from || event.id() > fetch.eventsBefore())
                // A chat that began under the number of today has nothing of an earlier one.
                .filter(event -> event.kind() != Kind.NEW_NUMBER || first <= event.afterMessage())
                .toList();
    }

    private void print(PrintWriter out, List<Message> messages, boolean json, boolean withChat, @Nullable String none) {
        print(out, messages, List.of(), json, withChat, none);
    }

    private void print(
            PrintWriter out,
            List<Message> messages,
            List<HistoryEvent> events,
            boolean json,
            boolean withChat,
            @Nullable String none) {
        long unseen = messages.stream().filter(m -> !m.seen()).count();
        show(out, new Listing(messages.iterator(), messages.size(), unseen, events, withChat, none), json, shown -> {});
    }

    /**
     * Messages that are to be shown, as many as there may be.
     *
     * @param count how many there are
     * @param unseen how many of them were not seen
     * @param events what happened between them
     * @param withChat whether they are of several chats
     * @param none the key of what to say when there are none; null to say nothing
     */
    private record Listing(
            Iterator<Message> messages,
            long count,
            long unseen,
            List<HistoryEvent> events,
            boolean withChat,
            @Nullable String none) {}

    /**
     * Shows messages, a page at a time where somebody watches, until all are shown or it is stopped.
     *
     * @param whenShown is told the numbers of those that were shown
     */
    private void show(PrintWriter out, Listing listing, boolean json, Consumer<List<Long>> whenShown) {
        var output = new LongOutput(shell, out, json ? () -> null : this::paging, whenShown);
        if (json) {
            output.print(listing.events().stream()
                    .map(event -> Json.of(shell.views().json(event)))
                    .toList());
        }
        Views views = shell.views();
        var conversation = views.new Conversation(listing.events(), listing.withChat(), listing.unseen());
        long left = listing.count();
        boolean goesOn = true;
        while (goesOn && listing.messages().hasNext()) {
            Message message = listing.messages().next();
            goesOn = output.print(
                    message.number(),
                    json ? List.of(Json.of(views.json(message))) : conversation.next(message),
                    left--);
        }
        if (goesOn && !json) {
            output.print(conversation.rest());
            if (listing.count() == 0 && listing.none() != null) {
                output.print(List.of(shell.texts().say(listing.none())));
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

    @Command(group = Syntax.GROUP, name = "unread", description = "Which chats have new messages")
    void unread(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json,
            @Option(longName = "count", defaultValue = "false", description = "only how many") Boolean count) {
        Arguments.of(context, shell.texts()).atMost(0);
        shell.self();
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
            spanned(List.of(), fetch).forEach(event -> out.println(shell.views().event(event)));
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

    @Command(
            group = Syntax.GROUP,
            name = "history",
            description = "Show the last messages of a chat",
            completionProvider = "chats")
    void history(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json,
            @Option(longName = "last", shortName = 'n', defaultValue = "20", description = "how many") String last) {
        Arguments call = Arguments.of(context, shell.texts());
        call.atMost(1);
        shell.self();
        Address chat = shell.who(call.required(0));
        // Shown, but nobody asked to have them read: `read` and `chat` do that.
        List<Message> messages = shell.client().messages().last(chat, atLeastOne(last));
        if (!json) {
            sayPredecessor(context.outputWriter(), chat);
        }
        print(context.outputWriter(), messages, spanned(messages, Fetch.NOT_NEEDED), json, false, "history.none");
        sayWhatIsHidden(context.outputWriter(), call, json);
        if (!json) {
            saySuccessor(context.outputWriter(), chat);
        }
    }

    /** Says why nothing, or nothing new, is shown of a chat that was asked for. */
    private void sayWhatIsHidden(PrintWriter out, Arguments call, boolean json) {
        if (json || !call.has(0)) {
            return;
        }
        Address chat = shell.who(call.required(0));
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

    private void sayPredecessor(PrintWriter out, Address chat) {
        shell.client()
                .succession()
                .predecessor(chat)
                .ifPresent(old -> out.println(shell.style()
                        .dim(shell.texts()
                                .say(
                                        isOfAnotherNumber(old) ? "history.group-former-before" : "history.group-before",
                                        old))));
    }

    private void saySuccessor(PrintWriter out, Address chat) {
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

    /** Whether a group knows this profile by the number that it had before. */
    private boolean isOfAnotherNumber(GroupId group) {
        ProfileClient client = shell.client();
        return client.people()
                .group(group)
                .flatMap(client.succession()::formerNumberIn)
                .isPresent();
    }

    @Command(group = Syntax.GROUP, name = "search", description = "Find messages by their words")
    @Syntax(textAfter = 0)
    void search(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json,
            @Option(longName = "in", description = "only in this chat") @Nullable String in,
            @Option(longName = "last", shortName = 'n', defaultValue = "20", description = "how many") String last) {
        Arguments call = Arguments.of(context, shell.texts());
        shell.self();
        @Nullable Address chat = in == null ? null : shell.who(in);
        List<Message> found = shell.client().search().find(call.required(0), chat, atLeastOne(last));
        if (found.isEmpty()) {
            throw new RefusedCommandException(ExitCode.NOT_WELL, shell.texts().say("search.none"));
        }
        print(context.outputWriter(), found, json, true, null);
    }

    @Command(group = Syntax.GROUP, name = "info", description = "Who has a message, who has read it, and when")
    void info(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Arguments call = Arguments.of(context, shell.texts());
        call.atMost(1);
        shell.self();
        Message message = find(number(call.required(0)));
        List<Progress> progress = message.outgoing() ? shell.client().messages().progress(message.number()) : List.of();
        PrintWriter out = context.outputWriter();
        if (json) {
            Map<String, @Nullable Object> map = shell.views().json(message);
            var recipients = new ArrayList<Object>();
            for (Progress one : progress) {
                var recipient = new LinkedHashMap<String, @Nullable Object>();
                recipient.put("id", one.person().toString());
                recipient.put(
                        "name",
                        shell.client()
                                .addressBook()
                                .name(one.person().asAddress())
                                .orElse(null));
                recipient.put(
                        "delivered",
                        one.delivered() == null ? null : one.delivered().toString());
                recipient.put("read", one.read() == null ? null : one.read().toString());
                recipients.add(recipient);
            }
            map.put("recipients", recipients);
            out.println(Json.of(map));
            return;
        }
        Texts words = shell.texts();
        out.println(shell.views().message(message, true));
        out.println("  " + words.say("info.state." + Views.state(message))
                + (message.way() == DeliveryState.REFUSED ? " " + shell.views().refusal(message) : ""));
        if (!message.outgoing()) {
            out.println("  " + words.say("info.came", shell.views().moment(message.notedAt()), message.author()));
        }
        for (Progress one : progress) {
            String name = shell.views().name(one.person());
            var read = one.read();
            var delivered = one.delivered();
            out.println("  "
                    + (read != null
                            ? words.say("info.read", name, shell.views().moment(read))
                            : delivered != null
                                    ? words.say(
                                            "info.delivered",
                                            name,
                                            shell.views().moment(delivered))
                                    : words.say("info.nothing", name)));
        }
    }

    @Command(
            group = Syntax.GROUP,
            name = "mute",
            description = "No lines, bells and counts for a chat",
            completionProvider = "chats")
    void mute(
            CommandContext context,
            @Option(longName = "off", defaultValue = "false", description = "again") Boolean off) {
        Arguments call = Arguments.of(context, shell.texts());
        call.atMost(1);
        shell.self();
        shell.inUse();
        Address chat = shell.who(call.required(0));
        shell.client().people().mute(chat, !off);
        context.outputWriter()
                .println(shell.texts()
                        .say(off ? "mute.off" : "mute.on", shell.views().name(chat)));
    }

    @Command(
            group = Syntax.GROUP,
            name = "export",
            description = "Write a chat's messages to a file",
            completionProvider = "chats")
    void export(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Arguments call = Arguments.of(context, shell.texts());
        call.atMost(2);
        shell.self();
        Address chat = shell.who(call.required(0));
        if (!call.has(1)) {
            write(context.outputWriter(), chat, json);
            return;
        }
        Path file = Path.of(call.required(1)).toAbsolutePath();
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

    // -----------------------------------------------------------------------------------------------------------
    // arguments

    private Message messageOrLastOf(String typed) {
        if (typed.matches("#?\\d{1,12}")) {
            return find(number(typed));
        }
        Address chat = shell.who(typed);
        return shell.client().messages().last(chat, 200).reversed().stream()
                .filter(m -> !m.outgoing())
                .findFirst()
                .orElseThrow(() -> new RefusedCommandException(
                        ExitCode.USAGE,
                        shell.texts().say("reply.nothing", shell.views().name(chat))));
    }

    private Message find(long number) {
        Message message = shell.client()
                .messages()
                .find(number)
                .orElseThrow(() -> new RefusedCommandException(
                        ExitCode.USAGE, shell.texts().say("error.no-message", number)));
        if (!shell.client().blocks().isShown(number)) {
            throw new RefusedCommandException(ExitCode.USAGE, shell.texts().say("error.hidden", number));
        }
        return message;
    }

    private long number(String typed) {
        String digits = typed.startsWith("#") ? typed.substring(1) : typed;
        if (!digits.matches("\\d{1,12}")) {
            throw new RefusedCommandException(
                    ExitCode.USAGE, shell.texts().say("error.no-number", VisibleText.line(typed)));
        }
        return Long.parseLong(digits);
    }

    private int atLeastOne(String typed) {
        long count = number(typed);
        if (count < 1 || count > 1_000_000) {
            throw new RefusedCommandException(ExitCode.USAGE, shell.texts().say("error.no-number", typed));
        }
        return (int) count;
    }
}
