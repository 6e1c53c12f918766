package zap.shell.command.view;

import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import zap.shell.chat.ProfileClient;
import zap.shell.chat.SessionFailure;
import zap.shell.chat.SessionReport;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.Texts;
import zap.shell.connection.Encryption;
import zap.shell.connection.ServerAddress;
import zap.shell.connection.ServerConnection;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Moves;
import zap.shell.store.PendingGroups;
import zap.shell.store.ProfileSettings;

/** The sentences about the state of the connection and about the history, for all commands. */
public final class ConnectionTexts {

    /** Number of history events to show, newest ones. Such events are rare. */
    private static final int EVENTS_SHOWN = 5;

    /** Number of refusals to show, newest ones. */
    private static final int REFUSALS_SHOWN = 10;

    private final ShellContext shell;

    public ConnectionTexts(ShellContext shell) {
        this.shell = shell;
    }

    /** Returns the state of the session in one line: of this process's session, or of another window's. */
    public String state() {
        Texts texts = shell.texts();
        ProfileClient client = shell.client();
        Optional<Moves.Retirement> moved = client.moves().retirement();
        if (moved.isPresent()) {
            return shell.movedTo(moved.get());
        }
        ServerConnection.@Nullable State state = client.state().orElse(null);
        if (state == null) {
            return client.elsewhere().map(this::elsewhere).orElseGet(() -> texts.say("status.offline"));
        }
        ServerConnection.@Nullable ConnectionProblem trouble = state.trouble();
        return switch (state.phase()) {
            case ONLINE ->
                texts.say(client.isAssured() ? "status.online" : "status.online-base", used(state.address()));
            case CONNECTING -> texts.say("status.connecting");
            case OFF -> trouble == null ? texts.say("status.offline") : ended(shell, trouble);
            case WAITING ->
                texts.say(
                        "status.waiting",
                        client.server().address(),
                        trouble == null
                                ? shell.trouble(ServerConnection.ConnectionProblem.BROKEN, null)
                                : new FailureTexts(shell).cause(SessionFailure.of(state)),
                        nextTry(state.nextTry()));
        };
    }

    /** Returns the address in use, as users type it. */
    private String used(@Nullable ServerAddress address) {
        return address == null ? shell.client().server().address() : address.toString();
    }

    /** Returns whether the address in use is one of several, so that it should be named. */
    public boolean isOneOfSeveral(@Nullable ServerAddress address) {
        return address != null
                && (address.isOneOfSeveral()
                        || shell.client().server().addresses().size() > 1);
    }

    /** Returns the addresses of a server, and the one in use if there are several. */
    public String at(ProfileSettings.Server server, @Nullable ServerAddress address) {
        return address == null || address.toString().equals(server.address())
                ? server.address()
                : shell.texts().say("doctor.server.used", server.address(), address);
    }

    /** Returns the sentence for a session that has ended and does not retry. */
    static String ended(ShellContext shell, ServerConnection.ConnectionProblem trouble) {
        return shell.texts().say("live." + trouble.name().toLowerCase(Locale.ROOT));
    }

    private String elsewhere(SessionReport report) {
        Texts texts = shell.texts();
        ServerConnection.@Nullable ConnectionProblem trouble = report.trouble();
        return switch (report.phase()) {
            case ONLINE -> texts.say("status.elsewhere");
            case CONNECTING -> texts.say("status.elsewhere-connecting");
            case OFF ->
                trouble == null
                        ? texts.say("status.elsewhere-connecting")
                        : texts.say("status.elsewhere-off", shell.trouble(trouble, null));
            case WAITING ->
                texts.say(
                        "status.elsewhere-waiting",
                        shell.client().server().address(),
                        new FailureTexts(shell).cause(SessionFailure.of(report)),
                        nextTry(report.nextTry()));
        };
    }

    private String nextTry(@Nullable Instant when) {
        return when == null ? "" : shell.views().moment(when).substring(11);
    }

    /** Returns for how many days the certificate is still valid. */
    public String daysLeft(Encryption encryption) {
        return shell.texts()
                .count(
                        "tls.days",
                        Math.max(
                                0,
                                Duration.between(shell.client().clock().instant(), encryption.until())
                                        .toDays()));
    }

    /** Prints the newest refusals that are not acknowledged, and the commands that deal with them. */
    public void printRefusals(PrintWriter out) {
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

    /** Prints the newest events of the history, oldest first, and whether read receipts are held back. */
    public void printHistory(PrintWriter out) {
        ProfileClient client = shell.client();
        List<HistoryEvent> events = client.history().all();
        events.subList(Math.max(0, events.size() - EVENTS_SHOWN), events.size())
                .forEach(event -> out.println(shell.views().event(event)));
        if (client.settings().hole().isPresent()) {
            out.println(shell.style().warning(shell.texts().say("history.receipts-held")));
        }
    }
}
