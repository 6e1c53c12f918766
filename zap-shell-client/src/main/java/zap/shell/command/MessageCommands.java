package zap.shell.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.shell.core.command.CommandContext;
import org.springframework.shell.core.command.annotation.Command;
import org.springframework.shell.core.command.annotation.Option;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.Reason;
import zap.shell.chat.Client;
import zap.shell.chat.Happenings;
import zap.shell.connection.Line;
import zap.shell.connection.TlsFault;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.Messages.Message;
import zap.shell.store.Messages.Progress;
import zap.shell.store.Messages.Unread;
import zap.shell.store.Messages.Way;
import zap.shell.store.Profile;
import zap.shell.text.MessageTexts;
import zap.shell.text.VisibleText;

/** Writing, reading and finding messages. */
class MessageCommands {

    private static final int USUAL_HISTORY = 20;
    private static final int QUOTED = 60;
    private static final int PAGE = 500;
    private static final String NOTHING_NEW = "read.none";
    private static final Duration A_MOMENT = Duration.ofMillis(150);
    private static final Duration SENT_WITHIN = Duration.ofSeconds(10);
    private static final Duration FETCHED_WITHIN = Duration.ofSeconds(10);
    private static final Duration TOLD_WITHIN = Duration.ofSeconds(2);

    private final Desk desk;
    private final Live live;

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

    MessageCommands(Desk desk, Live live) {
        this.desk = desk;
        this.live = live;
    }

    // -------------------------------------------------------------------------------------------------------------
    // writing

    @Command(group = Syntax.GROUP, name = "send", description = "Send a message", completionProvider = "chats")
    @Syntax(textAfter = 1)
    void send(CommandContext context) throws IOException {
        Call call = Call.of(context, desk.words());
        desk.self();
        desk.inUse();
        Address chat = desk.who(call.required(0));
        String text = call.required(1);
        deliver(context.outputWriter(), chat, text.equals("-") ? fromStandardInput() : text);
    }

    @Command(
            group = Syntax.GROUP,
            name = "reply",
            description = "Answer a message, with a quote of it",
            completionProvider = "chats")
    @Syntax(textAfter = 1)
    void reply(CommandContext context) throws IOException {
        Call call = Call.of(context, desk.words());
        desk.self();
        desk.inUse();
        Message original = messageOrLastOf(call.required(0));
        String text = call.required(1);
        String first = VisibleText.line(original.text().lines().findFirst().orElse(""));
        String quote = MessageTexts.length(first) <= QUOTED
                ? first
                : first.substring(0, first.offsetByCodePoints(0, QUOTED)) + "…";
        deliver(
                context.outputWriter(),
                original.chat(),
                "> " + quote + "\n" + (text.equals("-") ? fromStandardInput() : text));
    }

    private static String stripLastLineBreak(String text) {
        return text.endsWith("\r\n")
                ? text.substring(0, text.length() - 2)
                : text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    }

    private String fromStandardInput() throws IOException {
        if (desk.isInteractive()) {
            throw new Refusal(ExitCode.USAGE, desk.words().say("error.no-stdin"));
        }
        byte[] bytes = System.in.readAllBytes();
        try {
            return stripLastLineBreak(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            throw new Refusal(ExitCode.BAD_DATA, desk.words().say("error.not-utf8"));
        }
    }

    /** Checks a text, puts it into the outbox, and without a session of our own sees that it goes out. */
    private void deliver(PrintWriter out, Address chat, String text) {
        Words words = desk.words();
        if (text.isBlank()) {
            throw new Refusal(ExitCode.BAD_DATA, words.say("error.empty"));
        }
        if (text.indexOf(0) >= 0) {
            throw new Refusal(ExitCode.BAD_DATA, words.say("error.nul"));
        }
        Client client = desk.client();
        if (desk.isInteractive() || client.state().isPresent()) {
            writeAndShow(out, () -> client.write(chat, text), true);
            return;
        }
        List<Long> numbers = client.write(chat, text);
        boolean elsewhere = client.open(Happenings.NOBODY, state -> {}) == Client.Opening.ELSEWHERE;
        boolean sent;
        Optional<TlsFault> fault;
        try {
            sent = client.await(SENT_WITHIN, () -> isSent(numbers) || (!elsewhere && client.hasFailed()));
            sent = sent && isSent(numbers);
            fault = client.state().map(Line.State::fault);
            if (!elsewhere && sent && client.server().shortFrames()) {
                sent = client.awaitSent(numbers, SENT_WITHIN);
            }
        } finally {
            client.disconnect();
        }
        refuseWhatWasRefused(numbers);
        if (!sent && fault.isPresent()) {
            throw new Refusal(
                    ExitCode.KEPT,
                    words.say("send.kept-untrusted", client.server().address(), desk.trouble(fault.get())));
        }
        if (!sent) {
            throw new Refusal(
                    ExitCode.KEPT,
                    words.say(
                            elsewhere ? "send.kept-elsewhere" : "send.kept",
                            client.server().address()));
        }
    }

    private void refuseWhatWasRefused(List<Long> numbers) {
        for (long number : numbers) {
            Optional<Message> refused = desk.client().messages().find(number).filter(m -> m.way() == Way.REFUSED);
            if (refused.isPresent()) {
                Message message = refused.get();
                throw new Refusal(
                        exitCodeOf(message.refusal()),
                        desk.words()
                                .say(
                                        "live.refused",
                                        message.number(),
                                        desk.views().name(message.chat()),
                                        desk.views().refusal(message)));
            }
        }
    }

    private static ExitCode exitCodeOf(@Nullable Reason reason) {
        return reason == Reason.UNKNOWN_CLIENT || reason == Reason.NOT_A_MEMBER
                ? ExitCode.NO_SUCH_PERSON
                : ExitCode.BAD_DATA;
    }

    /** A moment for the server's word, so that the line can be written with it. */
    private void awaitTheServersWord(List<Long> numbers) {
        Client client = desk.client();
        if (client.state().filter(s -> s.phase() == Line.Phase.ONLINE).isPresent()) {
            client.await(A_MOMENT, () -> isSettled(numbers));
        }
    }

    private boolean isSettled(List<Long> numbers) {
        return numbers.stream()
                .allMatch(number -> desk.client()
                        .messages()
                        .find(number)
                        .filter(m -> m.way() == Way.AT_SERVER || m.way() == Way.REFUSED)
                        .isPresent());
    }

    /** Writes, and shows what was written, as far as it has come; what comes of it later is told when it does. */
    private void writeAndShow(PrintWriter out, Supplier<List<Long>> writing, boolean withChat) {
        live.holdReceipts();
        var shown = new ArrayList<Message>();
        try {
            List<Long> numbers = writing.get();
            if (numbers.size() > 1) {
                out.println(desk.style().dim(desk.words().say("send.split", numbers.size(), Body.MAX_CODE_POINTS)));
            }
            awaitTheServersWord(numbers);
            for (long number : numbers) {
                desk.client().messages().find(number).ifPresent(message -> {
                    out.println(desk.views().message(message, withChat));
                    shown.add(message);
                });
            }
            out.flush();
        } finally {
            live.nowOnScreen(shown);
        }
    }

    private boolean isSent(List<Long> numbers) {
        return desk.client().awaitSent(numbers, Duration.ZERO);
    }

    @Command(group = Syntax.GROUP, name = "resend", description = "Send unsure messages again")
    void resend(CommandContext context) {
        Call call = Call.of(context, desk.words());
        call.atMost(1);
        desk.self();
        desk.inUse();
        Client client = desk.client();
        List<Message> unsure = new ArrayList<>(client.messages().of(Way.UNSURE));
        if (call.has(0)) {
            long number = number(call.required(0));
            // One that was refused is sent again only when it is named: the reason may be gone.
            unsure.addAll(client.messages().of(Way.REFUSED));
            unsure = unsure.stream().filter(m -> m.number() == number).toList();
            if (unsure.isEmpty()) {
                throw new Refusal(ExitCode.USAGE, desk.words().say("resend.not-unsure", number));
            }
        }
        if (unsure.isEmpty()) {
            context.outputWriter().println(desk.words().say("resend.none"));
        }
        for (Message message : unsure) {
            writeAndShow(
                    context.outputWriter(),
                    () -> client.again(message.number()).stream().toList(),
                    true);
        }
    }

    @Command(
            group = Syntax.GROUP,
            name = "chat",
            description = "Talk to somebody: every line is a message",
            completionProvider = "chats")
    void chat(CommandContext context) {
        Call call = Call.of(context, desk.words());
        desk.self();
        desk.inUse();
        Address chat = desk.who(call.required(0));
        call.atMost(1);
        @Nullable Screen screen = live.screen();
        if (screen == null) {
            throw new Refusal(ExitCode.USAGE, desk.words().say("chat.needs-terminal"));
        }
        PrintWriter out = context.outputWriter();
        Client client = desk.client();
        live.enter(chat);
        try {
            List<Message> messages = withUnseen(chat, USUAL_HISTORY);
            sayPredecessor(out, chat);
            desk.views()
                    .conversation(messages, spanned(messages, Fetch.NOT_NEEDED), false)
                    .forEach(out::println);
            out.println(desk.style()
                    .dim(desk.words().say("chat.entered", desk.views().name(chat))));
            out.flush();
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
                    out.println(desk.style().dim(desk.words().say("chat.commands")));
                    out.flush();
                    continue;
                }
                String text = withoutEscape(line);
                if (text.indexOf(0) >= 0) {
                    out.println(desk.words().say("error.nul"));
                    continue;
                }
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
        Call call = Call.of(context, desk.words());
        call.atMost(1);
        desk.self();
        withMail(fetch -> {
            List<Message> messages = unseen(call);
            print(context.outputWriter(), messages, spanned(messages, fetch), json, !call.has(0), fetch.none());
            markSeen(messages);
        });
    }

    /**
     * Reads or counts, and before that fetches what waits at the server if this is a single command: nobody expects "nothing new" of one
     * that has not looked. Where another window is connected, that has fetched it.
     *
     * @param reading what is done then
     */
    private void withMail(Consumer<Fetch> reading) {
        Client client = desk.client();
        if (desk.isInteractive() || client.state().isPresent()) {
            reading.accept(Fetch.NOT_NEEDED);
            return;
        }
        long eventsBefore = client.history().newest();
        switch (client.open(Happenings.NOBODY, state -> {})) {
            case ELSEWHERE -> {
                reading.accept(new Fetch(NOTHING_NEW, eventsBefore));
                return;
            }
            case RETIRED -> {
                reading.accept(new Fetch(null, eventsBefore));
                desk.inUse();
                return;
            }
            case OPENED, OPEN_ALREADY -> {}
        }
        boolean fetched;
        Optional<TlsFault> fault;
        try {
            fetched = client.awaitCaughtUp(FETCHED_WITHIN);
            fault = client.state().map(Line.State::fault);
            reading.accept(new Fetch(fetched ? NOTHING_NEW : null, eventsBefore));
            if (fetched && client.settings().receipts()) {
                client.await(TOLD_WITHIN, () -> client.messages().readMarks().isEmpty());
            }
        } finally {
            client.disconnect();
        }
        if (!fetched && fault.isPresent()) {
            throw new Refusal(
                    ExitCode.NOT_TRUSTED,
                    desk.words().say("read.untrusted", client.server().address(), desk.trouble(fault.get())));
        }
        if (!fetched) {
            throw new Refusal(
                    ExitCode.UNAVAILABLE,
                    desk.words().say("read.offline", client.server().address()));
        }
    }

    private List<Message> unseen(Call call) {
        if (call.has(0)) {
            return desk.client().messages().unseen(desk.who(call.required(0)));
        }
        var messages = new ArrayList<Message>();
        for (Unread unread : desk.client().messages().unread()) {
            messages.addAll(desk.client().messages().unseen(unread.chat()));
        }
        return messages;
    }

    @Command(
            group = Syntax.GROUP,
            name = "peek",
            description = "Show a chat's new messages, and tell nobody",
            completionProvider = "chats")
    void peek(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Call call = Call.of(context, desk.words());
        call.atMost(1);
        desk.self();
        withMail(fetch -> {
            List<Message> messages = unseen(call);
            print(context.outputWriter(), messages, spanned(messages, fetch), json, !call.has(0), fetch.none());
        });
    }

    @Command(group = Syntax.GROUP, name = "next", description = "Read the chat that has waited longest")
    void next(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Call.of(context, desk.words()).atMost(0);
        desk.self();
        withMail(fetch -> {
            List<Unread> unread = desk.client().messages().unread();
            List<Message> messages = unread.isEmpty()
                    ? List.of()
                    : desk.client().messages().unseen(unread.getFirst().chat());
            if (!json && !messages.isEmpty()) {
                context.outputWriter()
                        .println(desk.style()
                                .bold(desk.views().name(messages.getFirst().chat())));
            }
            print(context.outputWriter(), messages, spanned(messages, fetch), json, false, fetch.none());
            markSeen(messages);
        });
    }

    private void markSeen(List<Message> messages) {
        desk.client()
                .seen(messages.stream()
                        .filter(m -> !m.seen())
                        .map(Message::number)
                        .toList());
    }

    private List<Message> withUnseen(Address chat, int limit) {
        int unseen = desk.client().messages().unseen(chat).size();
        return desk.client().messages().last(chat, Math.max(limit, unseen + 3));
    }

    /** Returns the events that happened between these messages, behind them, or while this command fetched them. */
    private List<HistoryEvent> spanned(List<Message> messages, Fetch fetch) {
        Client client = desk.client();
        long from = messages.stream()
                .min(Comparator.comparingLong(Message::number))
                .map(client.messages()::numberBefore)
                .orElse(Long.MAX_VALUE);
        return client.history().all().stream()
                .filter(event -> event.afterMessage() >= from || event.id() > fetch.eventsBefore())
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
        if (json) {
            events.forEach(event -> out.println(Json.of(desk.views().json(event))));
            messages.forEach(m -> out.println(Json.of(desk.views().json(m))));
        } else {
            desk.views().conversation(messages, events, withChat).forEach(out::println);
            if (messages.isEmpty() && none != null) {
                out.println(desk.words().say(none));
            }
        }
        out.flush();
    }

    @Command(group = Syntax.GROUP, name = "unread", description = "Which chats have new messages")
    void unread(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json,
            @Option(longName = "count", defaultValue = "false", description = "only how many") Boolean count) {
        Call.of(context, desk.words()).atMost(0);
        desk.self();
        withMail(fetch -> {
            PrintWriter out = context.outputWriter();
            if (count) {
                out.println(desk.client().messages().unreadCount());
            } else {
                printUnread(out, desk.client().messages().unread(), json, fetch);
            }
            out.flush();
        });
    }

    private void printUnread(PrintWriter out, List<Unread> unread, boolean json, Fetch fetch) {
        if (!json) {
            spanned(List.of(), fetch).forEach(event -> out.println(desk.views().event(event)));
        }
        @Nullable String none = fetch.none();
        if (!json && unread.isEmpty() && none != null) {
            out.println(desk.words().say(none));
        }
        for (Unread chat : unread) {
            if (json) {
                var map = new LinkedHashMap<String, @Nullable Object>();
                map.put("chat", chat.chat().toString());
                map.put("name", desk.client().addressBook().name(chat.chat()).orElse(null));
                map.put("unread", chat.count());
                map.put("newest", chat.newest().seconds());
                map.put("muted", desk.client().people().isMuted(chat.chat()));
                out.println(Json.of(map));
            } else {
                out.println(desk.words()
                        .count(
                                "unread.line",
                                chat.count(),
                                desk.views().name(chat.chat()),
                                desk.views().time(chat.newest())));
            }
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
        Call call = Call.of(context, desk.words());
        call.atMost(1);
        desk.self();
        Address chat = desk.who(call.required(0));
        // Shown, but nobody asked to have them read: `read` and `chat` do that.
        List<Message> messages = desk.client().messages().last(chat, atLeastOne(last));
        if (!json) {
            sayPredecessor(context.outputWriter(), chat);
        }
        print(context.outputWriter(), messages, spanned(messages, Fetch.NOT_NEEDED), json, false, "history.none");
        if (!json) {
            saySuccessor(context.outputWriter(), chat);
        }
    }

    private void sayPredecessor(PrintWriter out, Address chat) {
        desk.client()
                .succession()
                .predecessor(chat)
                .ifPresent(old -> out.println(desk.style().dim(desk.words().say("history.group-before", old))));
    }

    private void saySuccessor(PrintWriter out, Address chat) {
        desk.client().succession().successor(chat).ifPresent(fresh -> {
            out.println(desk.style()
                    .dim(desk.words().say("history.group-after", desk.views().name(fresh.asAddress()))));
            out.flush();
        });
    }

    @Command(group = Syntax.GROUP, name = "search", description = "Find messages by their words")
    @Syntax(textAfter = 0)
    void search(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json,
            @Option(longName = "in", description = "only in this chat") @Nullable String in,
            @Option(longName = "last", shortName = 'n', defaultValue = "20", description = "how many") String last) {
        Call call = Call.of(context, desk.words());
        desk.self();
        @Nullable Address chat = in == null ? null : desk.who(in);
        print(
                context.outputWriter(),
                desk.client().messages().search(call.required(0), chat, atLeastOne(last)),
                json,
                true,
                "search.none");
    }

    @Command(group = Syntax.GROUP, name = "info", description = "Who has a message, who has read it, and when")
    void info(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Call call = Call.of(context, desk.words());
        call.atMost(1);
        desk.self();
        Message message = find(number(call.required(0)));
        List<Progress> progress = message.outgoing() ? desk.client().messages().progress(message.number()) : List.of();
        PrintWriter out = context.outputWriter();
        if (json) {
            Map<String, @Nullable Object> map = desk.views().json(message);
            var recipients = new ArrayList<Object>();
            for (Progress one : progress) {
                var recipient = new LinkedHashMap<String, @Nullable Object>();
                recipient.put("id", one.person().toString());
                recipient.put(
                        "name",
                        desk.client()
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
        Words words = desk.words();
        out.println(desk.views().message(message, true));
        out.println("  " + words.say("info.state." + Views.state(message))
                + (message.way() == Way.REFUSED ? " " + desk.views().refusal(message) : ""));
        if (!message.outgoing()) {
            out.println("  " + words.say("info.came", desk.views().moment(message.notedAt()), message.author()));
        }
        for (Progress one : progress) {
            String name = desk.views().name(one.person());
            var read = one.read();
            var delivered = one.delivered();
            out.println("  "
                    + (read != null
                            ? words.say("info.read", name, desk.views().moment(read))
                            : delivered != null
                                    ? words.say(
                                            "info.delivered", name, desk.views().moment(delivered))
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
        Call call = Call.of(context, desk.words());
        call.atMost(1);
        desk.self();
        desk.inUse();
        Address chat = desk.who(call.required(0));
        desk.client().people().mute(chat, !off);
        context.outputWriter()
                .println(desk.words()
                        .say(off ? "mute.off" : "mute.on", desk.views().name(chat)));
    }

    @Command(
            group = Syntax.GROUP,
            name = "export",
            description = "Write a chat's messages to a file",
            completionProvider = "chats")
    void export(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Call call = Call.of(context, desk.words());
        call.atMost(2);
        desk.self();
        Address chat = desk.who(call.required(0));
        if (!call.has(1)) {
            write(context.outputWriter(), chat, json);
            return;
        }
        Path file = Path.of(call.required(1)).toAbsolutePath();
        desk.needsNew(file);
        try {
            Profile.privateFile(file);
            try (var out = new PrintWriter(Files.newBufferedWriter(file))) {
                write(out, chat, json);
            }
        } catch (IOException e) {
            throw new Refusal(
                    ExitCode.BAD_DATA, desk.words().say("export.failed", file, String.valueOf(e.getMessage())));
        }
        context.outputWriter().println(desk.words().say("export.done", file));
    }

    private void write(PrintWriter out, Address chat, boolean json) {
        List<Message> page = desk.client().messages().after(chat, 0, PAGE);
        while (!page.isEmpty()) {
            if (json) {
                page.forEach(m -> out.println(Json.of(desk.views().json(m))));
            } else {
                desk.views().conversation(page, false).forEach(out::println);
            }
            page = desk.client().messages().after(chat, page.getLast().number(), PAGE);
        }
        out.flush();
    }

    // -----------------------------------------------------------------------------------------------------------
    // arguments

    private Message messageOrLastOf(String typed) {
        if (typed.matches("#?\\d{1,12}")) {
            return find(number(typed));
        }
        Address chat = desk.who(typed);
        return desk.client().messages().last(chat, 200).reversed().stream()
                .filter(m -> !m.outgoing())
                .findFirst()
                .orElseThrow(() -> new Refusal(
                        ExitCode.USAGE,
                        desk.words().say("reply.nothing", desk.views().name(chat))));
    }

    private Message find(long number) {
        return desk.client()
                .messages()
                .find(number)
                .orElseThrow(() -> new Refusal(ExitCode.USAGE, desk.words().say("error.no-message", number)));
    }

    private long number(String typed) {
        String digits = typed.startsWith("#") ? typed.substring(1) : typed;
        if (!digits.matches("\\d{1,12}")) {
            throw new Refusal(ExitCode.USAGE, desk.words().say("error.no-number", VisibleText.line(typed)));
        }
        return Long.parseLong(digits);
    }

    private int atLeastOne(String typed) {
        long count = number(typed);
        if (count < 1 || count > 1_000_000) {
            throw new Refusal(ExitCode.USAGE, desk.words().say("error.no-number", typed));
        }
        return (int) count;
    }
}
