package zap.shell.command.context;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.HistoryEvents.Kind;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.PendingGroups.RefusedGroup;
import zap.shell.text.Names;
import zap.shell.text.TextWidth;
import zap.shell.text.VisibleText;

/**
 * The form of messages and people on the screen and in JSON. Text from others is made visible here, and nowhere later.
 */
public final class Views {

    private static final int NAME_WIDTH = 10;

    private final ShellContext shell;
    private final Supplier<ZoneId> zone;

    /**
     * @param zone called when there is a time to show: most commands show none
     */
    Views(ShellContext shell, Supplier<ZoneId> zone) {
        this.shell = shell;
        this.zone = zone;
    }

    /** Returns the messages with a line for each new day, and one before the first unseen message. */
    public List<String> conversation(List<Message> messages, boolean withChat) {
        return conversation(messages, List.of(), withChat);
    }

    /**
     * Returns the messages with a line for each new day, for each event between them, and before the first unseen
     * message.
     */
    public List<String> conversation(List<Message> messages, List<HistoryEvent> events, boolean withChat) {
        long unseen = messages.stream().filter(m -> !m.seen()).count();
        var conversation = new Conversation(events, withChat, unseen);
        var lines = new ArrayList<String>();
        messages.forEach(message -> lines.addAll(conversation.next(message)));
        lines.addAll(conversation.rest());
        return lines;
    }

    /** A conversation that is shown message by message, because it may be long. */
    public final class Conversation {

        private final ArrayDeque<HistoryEvent> waiting;
        private final boolean withChat;
        private final long unseen;
        private boolean newSaid;
        private @Nullable LocalDate day;

        /**
         * @param events the events between the messages
         * @param withChat whether the messages belong to several chats
         * @param unseen the number of unseen messages
         */
        public Conversation(List<HistoryEvent> events, boolean withChat, long unseen) {
            this.waiting = new ArrayDeque<>(events);
            this.withChat = withChat;
            this.unseen = unseen;
            this.newSaid = withChat;
        }

        /** Returns the lines of the next message: earlier events, a new day, and the message itself. */
        public List<String> next(Message message) {
            var lines = new ArrayList<String>();
            // Messages of several chats are sorted by chat, so the events precede all of them.
            while (!waiting.isEmpty() && (withChat || waiting.getFirst().afterMessage() < message.number())) {
                lines.add(event(waiting.removeFirst()));
            }
            LocalDate its = when(message.sentAt()).toLocalDate();
            if (!its.equals(day)) {
                lines.add(shell.style().dim(ruled(date(its))));
                day = its;
            }
            if (!newSaid && !message.seen()) {
                lines.add(shell.style().warning(ruled(shell.texts().count("view.new", unseen))));
                newSaid = true;
            }
            lines.add(message(message, withChat));
            return lines;
        }

        /** Returns the lines of the events after the last message. */
        public List<String> rest() {
            List<String> lines = waiting.stream().map(Views.this::event).toList();
            waiting.clear();
            return lines;
        }
    }

    /** Returns the line of an event between messages. */
    public String event(HistoryEvent event) {
        return shell.style().warning(ruled(moment(event.notedAt()) + " " + sentence(event)));
    }

    /** Returns the sentence about an event of the history. */
    public String sentence(HistoryEvent event) {
        Texts texts = shell.texts();
        return switch (event.kind()) {
            case UNSEEN -> texts.count("history.unseen", event.number());
            case SERVER_LOST -> texts.say("history.server-lost");
            case NEW_STREAM_COPY -> texts.count("history.new-stream-copy", event.number());
            case NEW_STREAM_SERVER -> texts.count("history.new-stream-server", event.number());
            case NEW_NUMBER -> texts.say("history.new-number", Names.readable(new ClientId(event.number()).toString()));
            case MAILBOX_FULL -> texts.say("history.mailbox-full");
        };
    }

    public Map<String, @Nullable Object> json(HistoryEvent event) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("event", event.kind().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        if (event.kind() == Kind.NEW_NUMBER) {
            map.put("before", new ClientId(event.number()).toString());
        } else {
            map.put("count", event.number());
        }
        map.put("at", event.notedAt().toString());
        map.put("afterMessage", event.afterMessage());
        map.put("text", sentence(event));
        return map;
    }

    private String ruled(String text) {
        String rule = shell.style().sign("──", "--");
        return rule + " " + text + " " + rule;
    }

    /** Returns a message on one line, or on more when its text has more. */
    public String message(Message message, boolean withChat) {
        Style style = shell.style();
        String name = message.outgoing() ? shell.texts().say("view.you") : name(message.author());
        String padded = name + " ".repeat(Math.max(0, NAME_WIDTH - TextWidth.columns(name)));
        String coloured = message.outgoing()
                ? style.bold(padded)
                : style.person(message.author().value(), padded);
        String head = style.dim(time(message.sentAt())) + " " + ticks(message) + " " + coloured + " ";
        String chat = withChat && !message.chat().equals(message.author().asAddress())
                ? style.dim(style.sign("→", "->") + " " + name(message.chat())) + " "
                : "";
        String number = " " + style.dim("#" + message.number())
                + (message.state() == DeliveryState.REFUSED ? " " + style.warning(refusal(message)) : "");
        String[] text = VisibleText.lines(message.text()).split("\n", -1);
        var out = new StringBuilder(head).append(chat).append(text[0]).append(number);
        // A bar before each line of a text distinguishes it from another message.
        String indent = " ".repeat(5 + 1 + 2 + 1 + NAME_WIDTH) + style.dim(style.sign("│", "|"));
        for (int i = 1; i < text.length; i++) {
            out.append('\n').append(indent).append(text[i]);
        }
        return out.toString();
    }

    /** Returns the state of an outgoing message as a sign of two columns. */
    String ticks(Message message) {
        Style style = shell.style();
        if (!message.outgoing()) {
            return "  ";
        }
        if (message.state() == DeliveryState.WAITING) {
            return style.sign("◷ ", "o ");
        }
        if (message.state() == DeliveryState.UNSURE) {
            return style.warning("? ");
        }
        if (message.state() == DeliveryState.REFUSED) {
            return style.warning(style.sign("✗ ", "x "));
        }
        if (message.recipients() > 0 && message.read() >= message.recipients()) {
            // Colour alone must not distinguish states.
            return style.read(style.sign("✓✓", "vV"));
        }
        if (message.recipients() > 0 && message.delivered() >= message.recipients()) {
            return style.sign("✓✓", "vv");
        }
        return message.state() == DeliveryState.AT_SERVER ? style.sign("✓ ", "v ") : style.dim(style.sign("→ ", "> "));
    }

    /** Returns the state of a message as a word. */
    public static String state(Message message) {
        if (!message.outgoing()) {
            return message.seen() ? "seen" : "unseen";
        }
        if (message.state() == DeliveryState.WAITING) {
            return "waiting";
        }
        if (message.state() == DeliveryState.UNSURE) {
            return "unsure";
        }
        if (message.state() == DeliveryState.REFUSED) {
            return "refused";
        }
        if (message.recipients() > 0 && message.read() >= message.recipients()) {
            return "read";
        }
        if (message.recipients() > 0 && message.delivered() >= message.recipients()) {
            return "delivered";
        }
        return message.state() == DeliveryState.AT_SERVER ? "at-server" : "sent";
    }

    /** Returns why a message was rejected, and what to do. */
    public String refusal(Message message) {
        @Nullable Reason reason = message.refusal();
        return reason == Reason.MAILBOX_FULL ? fullMailbox(message) : refusal(reason);
    }

    private String refusal(@Nullable Reason reason) {
        return shell.texts().say(reason == null ? "refusal.unknown" : "refusal." + word(reason));
    }

    private static String word(Reason reason) {
        return reason.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * Returns whose mailbox is full. The server does not tell: it may be the user's own, the person's, or any member's.
     */
    private String fullMailbox(Message message) {
        Texts texts = shell.texts();
        ClientId self = shell.client().self().orElse(message.author());
        if (message.chat().equals(self.asAddress())) {
            return texts.say("refusal.mailbox-full-own", message.number());
        }
        if (!shell.client().people().isGroup(message.chat())) {
            return texts.say("refusal.mailbox-full", message.number());
        }
        List<ClientId> suspects = shell.client().messages().membersWithWaitingMail(message.chat(), self);
        String known = suspects.isEmpty()
                ? texts.say("refusal.mailbox-full-unknown")
                : texts.say(
                        "refusal.mailbox-full-suspects",
                        String.join(", ", suspects.stream().map(this::name).toList()));
        return texts.say("refusal.mailbox-full-group", message.number(), known);
    }

    /** Returns the sentence about a rejected message, with the reason. */
    public String refusedSentence(Message message) {
        return shell.texts().say("live.refused", message.number(), name(message.chat()), refusal(message));
    }

    /** Returns the sentence about a rejected group, with the reason. */
    public String refusedSentence(RefusedGroup refused) {
        @Nullable String name = refused.group().name();
        return shell.texts()
                .say(
                        "group.refused",
                        name == null ? shell.texts().say("group.unnamed") : name,
                        refusal(refused.reason()));
    }

    public Map<String, @Nullable Object> json(RefusedGroup refused) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("name", refused.group().name());
        map.put(
                "members",
                refused.group().members().stream().map(ClientId::toString).toList());
        @Nullable Reason reason = refused.reason();
        map.put("refusal", reason == null ? null : word(reason));
        return map;
    }

    public Map<String, @Nullable Object> json(Message message) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("number", message.number());
        map.put("chat", message.chat().toString());
        map.put("chatName", shell.client().addressBook().name(message.chat()).orElse(null));
        map.put("author", message.author().toString());
        map.put(
                "authorName",
                shell.client().addressBook().name(message.author().asAddress()).orElse(null));
        map.put("outgoing", message.outgoing());
        map.put("sentAt", message.sentAt().seconds());
        map.put("state", state(message));
        @Nullable Reason refusal = message.refusal();
        if (refusal != null) {
            map.put("refusal", word(refusal));
        }
        map.put("text", message.text());
        return map;
    }

    public String name(Address address) {
        return shell.client().addressBook().nameOf(address);
    }

    public String name(ClientId id) {
        return id.equals(shell.client().self().orElse(null)) ? shell.texts().say("view.you") : name(id.asAddress());
    }

    public String time(PosixTime time) {
        return when(time).format(DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT));
    }

    String date(LocalDate day) {
        return day.format(DateTimeFormatter.ofLocalizedDate(FormatStyle.FULL)
                .withLocale(shell.texts().locale()));
    }

    public String moment(Instant instant) {
        return instant.atZone(zone.get()).format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT));
    }

    private ZonedDateTime when(PosixTime time) {
        return time.toInstant().atZone(zone.get());
    }
}
