package zap.shell.command;

import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import zap.shell.chat.Client;
import zap.shell.chat.SessionReport;
import zap.shell.connection.Encryption;
import zap.shell.connection.Line;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.Messages;
import zap.shell.store.Messages.Way;
import zap.shell.store.Moves;

/** What is said about the connection, and about what happened to the history, by whichever command is asked. */
final class ConnectionWords {

    /** How many events of the history are shown: they are rare, and the newest count. */
    private static final int EVENTS_SHOWN = 5;

    /** How many refusals are shown; the newest count. */
    private static final int REFUSALS_SHOWN = 10;

    private final Desk desk;

    ConnectionWords(Desk desk) {
        this.desk = desk;
    }

    /** Returns how the session is, in one line: this process's own, or the one of another window. */
    String state() {
        Words words = desk.words();
        Client client = desk.client();
        Optional<Moves.Retirement> moved = client.moves().retirement();
        if (moved.isPresent()) {
            return desk.movedTo(moved.get());
        }
        Line.@Nullable State state = client.state().orElse(null);
        if (state == null) {
            return client.elsewhere().map(this::elsewhere).orElseGet(() -> words.say("status.offline"));
        }
        String server = client.server().address();
        Line.@Nullable Trouble trouble = state.trouble();
        return switch (state.phase()) {
            case ONLINE -> words.say(client.isAssured() ? "status.online" : "status.online-base", server);
            case CONNECTING -> words.say("status.connecting");
            case OFF -> trouble == null ? words.say("status.offline") : ended(desk, trouble);
            case WAITING ->
                words.say(
                        "status.waiting",
                        server,
                        desk.trouble(trouble == null ? Line.Trouble.BROKEN : trouble, state.fault()),
                        nextTry(state.nextTry()));
        };
    }

    /** Returns what is said when a session has ended for good. */
    static String ended(Desk desk, Line.Trouble trouble) {
        return desk.words().say("live." + trouble.name().toLowerCase(Locale.ROOT));
    }

    private String elsewhere(SessionReport report) {
        Words words = desk.words();
        Line.@Nullable Trouble trouble = report.trouble();
        return switch (report.phase()) {
            case ONLINE -> words.say("status.elsewhere");
            case CONNECTING -> words.say("status.elsewhere-connecting");
            case OFF ->
                trouble == null
                        ? words.say("status.elsewhere-connecting")
                        : words.say("status.elsewhere-off", desk.trouble(trouble, null));
            case WAITING ->
                words.say(
                        "status.elsewhere-waiting",
                        desk.client().server().address(),
                        FailedSession.of(report).cause(desk),
                        nextTry(report.nextTry()));
        };
    }

    private String nextTry(@Nullable Instant when) {
        return when == null ? "" : desk.views().moment(when).substring(11);
    }

    /** Returns for how many days the certificate is still good. */
    String daysLeft(Encryption encryption) {
        return desk.words()
                .count(
                        "tls.days",
                        Math.max(
                                0,
                                Duration.between(desk.client().clock().instant(), encryption.until())
                                        .toDays()));
    }

    /** Prints the newest refusals that are not acknowledged, and what can be done about them. */
    void printRefusals(PrintWriter out) {
        Messages messages = desk.client().messages();
        var lines = new ArrayList<String>();
        messages.unacknowledged(Way.REFUSED)
                .forEach(message -> lines.add(desk.views().refusedSentence(message)));
        messages.refusedGroups().forEach(group -> lines.add(desk.views().refusedSentence(group)));
        if (lines.isEmpty()) {
            return;
        }
        lines.subList(Math.max(0, lines.size() - REFUSALS_SHOWN), lines.size())
                .forEach(line -> out.println(desk.style().warning(line)));
        out.println(desk.words().say("refused.what-to-do"));
    }

    /** Prints the newest events of the history, the oldest of them first, and whether read receipts wait for the person's word. */
    void printHistory(PrintWriter out) {
        Client client = desk.client();
        List<HistoryEvent> events = client.history().all();
        events.subList(Math.max(0, events.size() - EVENTS_SHOWN), events.size())
                .forEach(event -> out.println(desk.views().event(event)));
        if (client.settings().hole().isPresent()) {
            out.println(desk.style().warning(desk.words().say("history.receipts-held")));
        }
    }
}
