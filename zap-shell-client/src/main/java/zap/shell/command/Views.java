package zap.shell.command;

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
import zap.shell.store.Messages.Message;
import zap.shell.store.Messages.Way;
import zap.shell.text.VisibleText;

/** How messages and people look on the screen, and in JSON. What came from others is made visible here, and nowhere later. */
final class Views {

    private static final int NAME_WIDTH = 10;

    private final Desk desk;
    private final Supplier<ZoneId> zone;

    /**
     * @param zone asked for when there is a time to show: most commands show none
     */
    Views(Desk desk, Supplier<ZoneId> zone) {
        this.desk = desk;
        this.zone = zone;
    }

    /** The messages with a line for each new day, and one before the first that was not seen. */
    List<String> conversation(List<Message> messages, boolean withChat) {
        return conversation(messages, List.of(), withChat);
    }

    /** The same, with a line for each event between the messages where it happened. */
    List<String> conversation(List<Message> messages, List<HistoryEvent> events, boolean withChat) {
        var waiting = new ArrayDeque<>(events);
        var lines = new ArrayList<String>();
        @Nullable LocalDate day = null;
        boolean newSaid = withChat;
        long unseen = messages.stream().filter(m -> !m.seen()).count();
        for (Message message : messages) {
            // Messages of several chats stand chat by chat: then the events stand before all of them.
            while (!waiting.isEmpty() && (withChat || waiting.getFirst().afterMessage() < message.number())) {
                lines.add(event(waiting.removeFirst()));
            }
            LocalDate its = when(message.sentAt()).toLocalDate();
            if (!its.equals(day)) {
                lines.add(desk.style().dim(ruled(date(its))));
                day = its;
            }
            if (!newSaid && !message.seen()) {
                lines.add(desk.style().warning(ruled(desk.words().count("view.new", unseen))));
                newSaid = true;
            }
            lines.add(message(message, withChat));
        }
        waiting.forEach(event -> lines.add(event(event)));
        return lines;
    }

    /** Returns the line that stands for an event between messages. */
    String event(HistoryEvent event) {
        return desk.style().warning(ruled(moment(event.notedAt()) + " " + sentence(event)));
    }

    /** Returns what happened to the history, for people. */
    String sentence(HistoryEvent event) {
        Words words = desk.words();
        return switch (event.kind()) {
            case UNSEEN -> words.count("history.unseen", event.number());
            case SERVER_LOST -> words.say("history.server-lost");
            case NEW_STREAM_COPY -> words.count("history.new-stream-copy", event.number());
            case NEW_STREAM_SERVER -> words.count("history.new-stream-server", event.number());
        };
    }

    Map<String, @Nullable Object> json(HistoryEvent event) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("event", event.kind().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        map.put("count", event.number());
        map.put("at", event.notedAt().toString());
        map.put("afterMessage", event.afterMessage());
        map.put("text", sentence(event));
        return map;
    }

    private String ruled(String text) {
        String rule = desk.style().sign("──", "--");
        return rule + " " + text + " " + rule;
    }

    /** One message on its line, or more where its text has more. */
    String message(Message message, boolean withChat) {
        Style style = desk.style();
        String name = message.outgoing() ? desk.words().say("view.you") : name(message.author());
        String padded = name + " ".repeat(Math.max(0, NAME_WIDTH - width(name)));
        String coloured = message.outgoing()
                ? style.bold(padded)
                : style.person(message.author().value(), padded);
        String head = style.dim(time(message.sentAt())) + " " + ticks(message) + " " + coloured + " ";
        String chat = withChat && !message.chat().equals(message.author().asAddress())
                ? style.dim(style.sign("→", "->") + " " + name(message.chat())) + " "
                : "";
        String number = " " + style.dim("#" + message.number())
                + (message.way() == Way.REFUSED ? " " + style.warning(refusal(message)) : "");
        String[] text = VisibleText.lines(message.text()).split("\n", -1);
        var out = new StringBuilder(head).append(chat).append(text[0]).append(number);
        // A line of a text cannot be taken for a message: it stands behind a bar.
        String indent = " ".repeat(5 + 1 + 2 + 1 + NAME_WIDTH) + style.dim(style.sign("│", "|"));
        for (int i = 1; i < text.length; i++) {
            out.append('\n').append(indent).append(text[i]);
        }
        return out.toString();
    }

    /** How wide a name is on the screen. */
    static int width(String text) {
        return text.codePoints()
                .map(org.jline.utils.WCWidth::wcwidth)
                .map(w -> Math.max(w, 0))
                .sum();
    }

    /** What is known of an outgoing message, in two columns. */
    String ticks(Message message) {
        Style style = desk.style();
        if (!message.outgoing()) {
            return "  ";
        }
        if (message.way() == Way.WAITING) {
            return style.sign("◷ ", "o ");
        }
        if (message.way() == Way.UNSURE) {
            return style.warning("? ");
        }
        if (message.way() == Way.REFUSED) {
            return style.warning(style.sign("✗ ", "x "));
        }
        if (message.recipients() > 0 && message.read() >= message.recipients()) {
            // Not by colour alone.
            return style.read(style.sign("✓✓", "vV"));
        }
        if (message.recipients() > 0 && message.delivered() >= message.recipients()) {
            return style.sign("✓✓", "vv");
        }
        return message.way() == Way.AT_SERVER ? style.sign("✓ ", "v ") : style.dim(style.sign("→ ", "> "));
    }

    /** The same as a word. */
    static String state(Message message) {
        if (!message.outgoing()) {
            return message.seen() ? "seen" : "unseen";
        }
        if (message.way() == Way.WAITING) {
            return "waiting";
        }
        if (message.way() == Way.UNSURE) {
            return "unsure";
        }
        if (message.way() == Way.REFUSED) {
            return "refused";
        }
        if (message.recipients() > 0 && message.read() >= message.recipients()) {
            return "read";
        }
        if (message.recipients() > 0 && message.delivered() >= message.recipients()) {
            return "delivered";
        }
        return message.way() == Way.AT_SERVER ? "at-server" : "sent";
    }

    /** Why a message was refused, in the user's words. */
    String refusal(Message message) {
        @Nullable Reason reason = message.refusal();
        return desk.words().say(reason == null ? "refusal.unknown" : refusalKey(reason));
    }

    static String refusalKey(Reason reason) {
        return "refusal." + reason.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    Map<String, @Nullable Object> json(Message message) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("number", message.number());
        map.put("chat", message.chat().toString());
        map.put("chatName", desk.client().addressBook().name(message.chat()).orElse(null));
        map.put("author", message.author().toString());
        map.put(
                "authorName",
                desk.client().addressBook().name(message.author().asAddress()).orElse(null));
        map.put("outgoing", message.outgoing());
        map.put("sentAt", message.sentAt().seconds());
        map.put("state", state(message));
        @Nullable Reason refusal = message.refusal();
        if (refusal != null) {
            map.put("refusal", refusal.name().toLowerCase(Locale.ROOT).replace('_', '-'));
        }
        map.put("text", message.text());
        return map;
    }

    String name(Address address) {
        return desk.client().addressBook().nameOf(address);
    }

    String name(ClientId id) {
        return id.equals(desk.client().self().orElse(null)) ? desk.words().say("view.you") : name(id.asAddress());
    }

    String time(PosixTime time) {
        return when(time).format(DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT));
    }

    String date(LocalDate day) {
        return day.format(DateTimeFormatter.ofLocalizedDate(FormatStyle.FULL)
                .withLocale(desk.words().locale()));
    }

    String moment(java.time.Instant instant) {
        return instant.atZone(zone.get()).format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT));
    }

    private ZonedDateTime when(PosixTime time) {
        return time.toInstant().atZone(zone.get());
    }
}
