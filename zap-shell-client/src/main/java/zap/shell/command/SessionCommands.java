package zap.shell.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.shell.core.command.CommandContext;
import org.springframework.shell.core.command.annotation.Command;
import org.springframework.shell.core.command.annotation.Option;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.shell.chat.ClientListener;
import zap.shell.chat.ProfileClient;
import zap.shell.connection.Registration;
import zap.shell.connection.ServerConnection;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Moves;
import zap.shell.store.PendingGroups;
import zap.shell.store.ProfileSettings;
import zap.shell.text.Names;
import zap.shell.text.VisibleText;

/** Who we are, and the connection. */
class SessionCommands {

    private static final Duration CONNECTED_WITHIN = Duration.ofSeconds(10);

    private final ShellContext shell;
    private final LiveView live;
    private final Questions questions;
    private final ConnectionWords connection;

    SessionCommands(ShellContext shell, LiveView live) {
        this.shell = shell;
        this.live = live;
        this.questions = new Questions(shell, live);
        this.connection = new ConnectionWords(shell);
    }

    @Command(group = Syntax.GROUP, name = "register", description = "Get a number of your own")
    void register(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json,
            @Option(longName = "yes", defaultValue = "false", description = "do not ask") Boolean yes) {
        Arguments.of(context, shell.texts()).atMost(0);
        ProfileClient client = shell.client();
        shell.inUse();
        Optional<ClientId> before = client.self();
        if (before.isPresent() && !wantsAnotherNumber(context.outputWriter(), before.get(), yes)) {
            return;
        }
        Registration.Registered registered = registered(before.isPresent());
        if (shell.isInteractive()) {
            client.open(live, live::lineState);
        }
        ClientId id = registered.id();
        boolean keyed = registered.key().isPresent();
        if (json) {
            var map = new LinkedHashMap<String, @Nullable Object>();
            map.put("id", id.toString());
            map.put("key", keyed);
            before.ifPresent(old -> map.put("before", old.toString()));
            context.outputWriter().println(Json.of(map));
        } else {
            context.outputWriter().println(shell.texts().say("register.done", Names.readable(id.toString()), id));
            before.ifPresent(old -> context.outputWriter()
                    .println(shell.texts().say("register.again.done", Names.readable(old.toString()))));
            if (!keyed) {
                context.outputWriter()
                        .println(shell.style().warning(shell.texts().say("register.no-key")));
            }
        }
    }

    private Registration.Registered registered(boolean again) {
        ProfileClient client = shell.client();
        ProfileSettings.Server server = shell.serverToRegisterAt();
        try {
            return again ? client.registerAgain(server).orElseThrow(this::inUseElsewhere) : client.register(server);
        } catch (IOException e) {
            FailedSession failed = FailedSession.of(e);
            throw failed.refusal(shell, server, failed.mayBeElsewhere() ? "register.failed" : "register.refused");
        }
    }

    /**
     * Looks whether the server accepts the number that the profile has, and asks whether to get another one if it does not.
     *
     * @param yes whether the answer is known
     * @return false when the person does not want one
     */
    private boolean wantsAnotherNumber(PrintWriter out, ClientId before, boolean yes) {
        ProfileClient client = shell.client();
        Texts words = shell.texts();
        String number = Names.readable(before.toString());
        boolean own = client.state().isPresent();
        boolean accepted;
        if (!client.isOnline()) {
            // What the server has said a while ago may be true no more.
            client.disconnect();
        }
        open(client, shell.isInteractive() ? live : ClientListener.NOBODY);
        try {
            client.await(CONNECTED_WITHIN, () -> client.isCaughtUp() || client.hasFailed());
            accepted = client.isOnline();
        } finally {
            if (!own) {
                client.disconnect();
            }
        }
        if (accepted || !FailedSession.of(client).trouble().isOfTheNumber()) {
            throw new RefusedCommandException(
                    ExitCode.USAGE,
                    words.say("register.already", number, shell.profile().name()));
        }
        if (yes) {
            return true;
        }
        out.println(shell.style()
                .warning(words.say(
                        "register.again.warning",
                        number,
                        client.server().address(),
                        FailedSession.of(client).cause(shell))));
        out.flush();
        if (questions.confirms("register.again.question", "register.again.needs-yes")) {
            return true;
        }
        out.println(words.say("register.again.kept", number));
        return false;
    }

    private RefusedCommandException inUseElsewhere() {
        return new RefusedCommandException(
                ExitCode.IN_USE,
                shell.texts().say("error.in-use", shell.profile().name()));
    }

    @Command(group = Syntax.GROUP, name = "connect", description = "Go online; alone, fetch what waits and leave")
    void connect(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Arguments.of(context, shell.texts()).atMost(0);
        shell.self();
        shell.inUse();
        ProfileClient client = shell.client();
        PrintWriter out = context.outputWriter();
        if (shell.isInteractive()) {
            if (!client.isOnline()) {
                client.disconnect();
            }
            open(client, live);
            boolean known = client.await(Duration.ofSeconds(3), () -> client.isOnline() || client.hasFailed());
            boolean hasEnded = client.state()
                    .filter(s -> s.phase() == ServerConnection.Phase.OFF)
                    .isPresent();
            if (json) {
                out.println(Json.of(connected(client, Map.of(), List.of())));
            } else if (!known) {
                out.println(shell.texts().say("status.connecting"));
            } else if (!hasEnded) { // which stands above already
                out.println(connection.state());
                if (client.isOnline() && !client.isCaughtUp()) {
                    out.println(shell.texts().say("read.more-comes"));
                }
            }
            return;
        }
        long eventsBefore = client.history().newest();
        var own = new OwnConnection(shell);
        needsOpened(own.open());
        boolean caughtUp;
        try {
            caughtUp = own.awaitMail();
            if (caughtUp) {
                own.awaitOutbox();
            }
        } finally {
            own.close();
        }
        if (!caughtUp) {
            throw own.refusal(
                    "connect.failed",
                    shell.texts()
                            .say(
                                    "connect.stalled",
                                    client.server().address(),
                                    OwnConnection.STANDSTILL.toSeconds(),
                                    client.arrived()));
        }
        List<HistoryEvent> events = client.history().after(eventsBefore);
        if (json) {
            Map<String, @Nullable Object> map = connected(client, own.came(), events);
            map.put("accepted", own.settled());
            putOutbox(map);
            out.println(Json.of(map));
        } else {
            sayWhatCame(out, own);
            events.forEach(
                    event -> out.println(shell.style().warning(shell.views().sentence(event))));
            if (client.settings().hole().isPresent() && !events.isEmpty()) {
                out.println(shell.style().warning(shell.texts().say("history.receipts-held")));
            }
        }
        out.flush();
        List<String> unsettled = unsettled();
        if (own.news(List.of()).isEmpty() && !unsettled.isEmpty()) {
            throw new RefusedCommandException(ExitCode.KEPT, String.join("\n", unsettled));
        }
        unsettled.forEach(shell.notices()::println);
        own.tellNews();
    }

    private void sayWhatCame(PrintWriter out, OwnConnection own) {
        Texts words = shell.texts();
        Map<Address, Integer> came = own.came();
        out.println(words.say(
                "connect.summary",
                words.count(
                        "live.messages", came.values().stream().mapToInt(n -> n).sum()),
                words.count("live.chats", came.size())));
        if (own.settled() > 0) {
            out.println(words.count("connect.accepted", own.settled()));
        }
    }

    /** Returns a sentence about what the server is not known to have, if there is anything. */
    private List<String> unsettled() {
        ProfileClient client = shell.client();
        int waiting = client.messages().count(DeliveryState.WAITING);
        int groups = client.pendingGroupCount();
        int unsettled = client.unsettled();
        var lines = new ArrayList<String>();
        if (unsettled > 0) {
            lines.add(shell.texts().say("connect.unsettled", waiting, unsettled - waiting));
        }
        if (groups > 0) {
            lines.add(shell.texts().count("connect.unsettled-groups", groups));
        }
        return lines;
    }

    private Map<String, @Nullable Object> connected(
            ProfileClient client, Map<Address, Integer> came, List<HistoryEvent> events) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("connection", phase(client).orElse("off"));
        map.put("messages", came.values().stream().mapToInt(n -> n).sum());
        map.put("chats", came.size());
        map.put("events", events.stream().map(shell.views()::json).toList());
        return map;
    }

    /** Puts in what is on its way, and what its person has to know of what became of it. */
    private void putOutbox(Map<String, @Nullable Object> map) {
        Messages messages = shell.client().messages();
        PendingGroups pendingGroups = shell.client().pendingGroups();
        map.put("waiting", messages.count(DeliveryState.WAITING));
        map.put("sent", messages.count(DeliveryState.HANDED));
        map.put("unsure", messages.count(DeliveryState.UNSURE));
        map.put("refused", shell.refusals());
        map.put(
                "refusedMessages",
                messages.unacknowledged(DeliveryState.REFUSED).stream()
                        .map(shell.views()::json)
                        .toList());
        map.put(
                "refusedGroups",
                pendingGroups.refused().stream().map(shell.views()::json).toList());
    }

    /** Returns the line's phase as JSON says it; empty while this process has no line. */
    private static Optional<String> phase(ProfileClient client) {
        return client.state().map(state -> state.phase().name().toLowerCase(Locale.ROOT));
    }

    /** Returns the same for the session of another window. */
    private static String elsewhere(ProfileClient client) {
        return client.elsewhere()
                .map(report -> report.phase() == ServerConnection.Phase.ONLINE
                        ? "elsewhere"
                        : "elsewhere-" + report.phase().name().toLowerCase(Locale.ROOT))
                .orElse("off");
    }

    private void open(ProfileClient client, ClientListener happenings) {
        needsOpened(client.open(happenings, live::lineState));
    }

    private void needsOpened(ProfileClient.Opening opening) {
        switch (opening) {
            case ELSEWHERE -> throw inUseElsewhere();
            case RETIRED -> shell.inUse();
            case OPENED, OPEN_ALREADY -> {}
        }
    }

    @Command(group = Syntax.GROUP, name = "disconnect", description = "Go offline")
    void disconnect(CommandContext context) {
        Arguments.of(context, shell.texts()).atMost(0);
        shell.client().disconnect();
        live.lineState(new ServerConnection.State(ServerConnection.Phase.OFF, null, null));
        context.outputWriter().println(shell.texts().say("status.offline"));
    }

    @Command(group = Syntax.GROUP, name = "status", description = "The connection, the outbox, what is unread")
    void status(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Arguments.of(context, shell.texts()).atMost(0);
        ProfileClient client = shell.client();
        Texts words = shell.texts();
        PrintWriter out = context.outputWriter();
        if (json) {
            var map = new LinkedHashMap<String, @Nullable Object>();
            map.put("profile", shell.profile().name());
            map.put("id", client.self().map(ClientId::toString).orElse(null));
            map.put("server", client.server().address());
            map.put(
                    "connection",
                    client.moves().isRetired() ? "moved" : phase(client).orElseGet(() -> elsewhere(client)));
            map.put("assured", client.isAssured());
            map.put("encrypted", client.server().tls() != null);
            putOutbox(map);
            map.put("unread", client.messages().unreadCount());
            map.put("receiptsHeld", client.settings().hole().isPresent());
            map.put(
                    "events",
                    client.history().all().stream().map(shell.views()::json).toList());
            putMoves(map, client.moves());
            out.println(Json.of(map));
            return;
        }
        out.println(words.say(
                "status.profile",
                shell.profile().name(),
                client.self().map(id -> Names.readable(id.toString())).orElse("-")));
        client.moves()
                .arrival()
                .ifPresent(arrival -> out.println(words.say(
                        "status.imported",
                        shell.views().moment(arrival.at()),
                        VisibleText.line(arrival.profile()),
                        VisibleText.line(arrival.host()),
                        shell.views().moment(arrival.exportedAt()))));
        out.println(connection.state());
        client.state()
                .map(ServerConnection.State::encryption)
                .ifPresent(how -> out.println(words.say("status.encrypted", how.protocol(), connection.daysLeft(how))));
        int unsure = client.messages().count(DeliveryState.UNSURE);
        out.println(words.say(
                "status.outbox",
                client.messages().count(DeliveryState.WAITING),
                client.messages().count(DeliveryState.HANDED),
                unsure,
                shell.refusals()));
        out.println(words.count("status.unread", client.messages().unreadCount()));
        if (unsure > 0) {
            out.println(shell.style().warning(words.count("live.unsure", unsure)));
        }
        connection.printRefusals(out);
        connection.printHistory(out);
    }

    private static void putMoves(Map<String, @Nullable Object> map, Moves moves) {
        moves.retirement().ifPresent(retirement -> {
            map.put("movedAt", retirement.at().toString());
            map.put("movedTo", retirement.file());
        });
        moves.arrival().ifPresent(arrival -> {
            map.put("importedAt", arrival.at().toString());
            map.put("importedFrom", arrival.profile() + " on " + arrival.host());
            map.put("exportedAt", arrival.exportedAt().toString());
        });
    }

    @Command(group = Syntax.GROUP, name = "whoami", description = "Your number")
    void whoami(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Arguments.of(context, shell.texts()).atMost(0);
        ClientId id = shell.self();
        if (json) {
            context.outputWriter().println(Json.of(json(id)));
        } else if (shell.isInteractive()) {
            context.outputWriter().println(shell.texts().say("whoami", Names.readable(id.toString()), id));
        } else {
            context.outputWriter().println(id);
        }
    }

    private Map<String, @Nullable Object> json(ClientId id) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("id", id.toString());
        map.put("server", shell.client().server().address());
        return map;
    }

    @Command(
            group = Syntax.GROUP,
            name = "receipts",
            description = "Whether people learn that you have read their messages",
            completionProvider = "onOff")
    void receipts(CommandContext context) {
        Arguments call = Arguments.of(context, shell.texts());
        call.atMost(1);
        ProfileSettings settings = shell.client().settings();
        if (call.has(0)) {
            shell.inUse();
            switch (call.required(0)) {
                case "on" -> settings.receipts(true);
                case "off" -> settings.receipts(false);
                default -> throw call.usage();
            }
        }
        context.outputWriter().println(shell.texts().say(settings.receipts() ? "receipts.on" : "receipts.off"));
    }
}
