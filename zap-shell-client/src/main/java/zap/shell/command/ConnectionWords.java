package zap.shell.command;

import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import zap.shell.chat.ProfileClient;
import zap.shell.chat.SessionReport;
import zap.shell.connection.Encryption;
import zap.shell.connection.ServerConnection;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Moves;
import zap.shell.store.PendingGroups;

/** What is said about the connection, and about what happened to the history, by whichever command is asked. */
final class ConnectionWords {

    /** How many events of the history are shown: they are rare, and the newest count. */
    private static final int EVENTS_SHOWN = 5;

    /** How many refusals are shown; the newest count. */
    private static final int REFUSALS_SHOWN = 10;

    private final ShellContext shell;

    ConnectionWords(ShellContext shell) {
        this.shell = shell;
    }

    /** Returns how the session is, in one line: this process's own, or the one of another window. */
    String state() {
        Texts words = shell.texts();
        ProfileClient client = shell.client();
        Optional<Moves.Retirement> moved = client.moves().retirement();
        if (moved.isPresent()) {
            return shell.movedTo(moved.get());
        }
        ServerConnection.@Nullable State state = client.state().orElse(null);
        if (state == null) {
            return client.elsewhere().map(this::elsewhere).orElseGet(() -> words.say("status.offline"));
        }
        String server = client.server().address();
        ServerConnection.@Nullable ConnectionProblem trouble = state.trouble();
        return switch (state.phase()) {
            case ONLINE -> words.say(client.isAssured() ? "status.online" : "status.online-base", server);
            case CONNECTING -> words.say("status.connecting");
            case OFF -> trouble == null ? words.say("status.offline") : ended(shell, trouble);
            case WAITING ->
                words.say(
                        "status.waiting",
                        server,
                        shell.trouble(
                                trouble == null ? ServerConnection.ConnectionProblem.BROKEN : trouble, state.fault()),
                        nextTry(state.nextTry()));
        };
    }

    /** Returns what is said when a session has ended for good. */
    static String ended(ShellContext shell, ServerConnection.ConnectionProblem trouble) {
        return shell.texts().say("live." + trouble.name().toLowerCase(Locale.ROOT));
    }

    private String elsewhere(SessionReport report) {
        Texts words = shell.texts();
        ServerConnection.@Nullable ConnectionProblem trouble = report.trouble();
        return switch (report.phase()) {
            case ONLINE -> words.say("status.elsewhere");
            case CONNECTING -> words.say("status.elsewhere-connecting");
            case OFF ->
                trouble == null
                        ? words.say("status.elsewhere-connecting")
                        : words.say("status.elsewhere-off", shell.trouble(trouble, null));
            case WAITING ->
                words.say(
                        "status.elsewhere-waiting",
                        shell.client().server().address(),
                        FailedSession.of(report).cause(shell),
                        nextTry(report.nextTry()));
        };
    }

    private String nextTry(@Nullable Instant when) {
        return when == null ? "" : shell.views().moment(when).substring(11);
    }

    /** Returns for how many days the certificate is still good. */
    String daysLeft(Encryption encryption) {
        return shell.texts()
                .count(
                        "tls.days",
                        Math.max(
                                0,
                                Duration.between(shell.client().clock().instant(), encryption.until())
                                        .toDays()));
    }

    /** Prints the newest refusals that are not acknowledged, and what can be done about them. */
    void printRefusals(PrintWriter out) {
        Messages messages = shell.client().messages();
        PendingGroups pendingGroups = shell.client().pendingGroups();
        var lines = new ArrayList<String>();
        messages.unacknowledged(DeliveryState.REFUSED)
                .forEach(message -> lines.add(shell.views().refusedSentence(message)));
        pendingGroups.refused().forEach(group -> lines.add(shell.views().refusedSentence(group)));
        if (lines.isEmpty()) {
            return;
        }
        lines.subList(Math.max(0, lines.size() - REFUSALS_SHOWN), lines.size())
                .forEach(line -> out.println(shell.style().warning(line)));
        out.println(shell.texts().say("refused.what-to-do"));
    }

    /** Prints the newest events of the history, the oldest of them first, and whether read receipts wait for the person's word. */
    void printHistory(PrintWriter out) {
        ProfileClient client = shell.client();
        List<HistoryEvent> events = client.history().all();
        events.subList(Math.max(0, events.size() - EVENTS_SHOWN), events.size())
                .forEach(event -> out.println(shell.views().event(event)));
        if (client.settings().hole().isPresent()) {
            out.println(shell.style().warning(shell.texts().say("history.receipts-held")));
        }
    }
}
