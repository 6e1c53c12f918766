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
import zap.shell.chat.OneShot;
import zap.shell.chat.ProfileClient;
import zap.shell.chat.SessionFailure;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.Json;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.Texts;
import zap.shell.command.view.ConnectionTexts;
import zap.shell.command.view.FailureTexts;
import zap.shell.command.view.LiveView;
import zap.shell.command.view.ProgressLine;
import zap.shell.connection.CancellableDialer;
import zap.shell.connection.Registration;
import zap.shell.connection.ServerAddress;
import zap.shell.connection.ServerConnection;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Moves;
import zap.shell.store.PendingGroups;
import zap.shell.store.ProfileSettings;
import zap.shell.text.Names;
import zap.shell.text.VisibleText;

/** The commands about the number and the connection. */
class SessionCommands {

    private static final Duration CONNECTED_WITHIN = Duration.ofSeconds(10);

    private final ShellContext shell;
    private final LiveView live;
    private final Questions questions;
    private final ConnectionTexts connectionTexts;

    SessionCommands(ShellContext shell, LiveView live) {
        this.shell = shell;
        this.live = live;
        this.questions = new Questions(shell, live);
        this.connectionTexts = new ConnectionTexts(shell);
    }

    @Command(group = Syntax.GROUP, name = "register", description = "Get a number of your own")
    void register(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false") Boolean json,
            @Option(longName = "yes", defaultValue = "false") Boolean yes) {
        Arguments.of(context, shell.texts()).atMost(0);
        ProfileClient client = shell.client();
        shell.inUse();
        Optional<ClientId> before = client.self();
        if (before.isPresent() && !wantsAnotherNumber(context.outputWriter(), before.get(), yes)) {
            return;
        }
        Registration.Registered registered = registered(before.isPresent());
        if (shell.isInteractive()) {
            client.open(live, live::connectionState);
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
        } catch (CancellableDialer.CancelledException e) {
            throw shell.cancelled();
        } catch (IOException e) {
            SessionFailure failure = SessionFailure.of(e);
            throw new FailureTexts(shell)
                    .refusal(
                            failure,
                            server,
                            FailureTexts.mayBeElsewhere(failure) ? "register.failed" : "register.refused");
        }
    }

    /**
     * Checks whether the server accepts the profile's number, and asks for a confirmation to replace it if not.
     *
     * @param yes whether the user has confirmed already
     * @return false when the user declines
     */
    private boolean wantsAnotherNumber(PrintWriter out, ClientId before, boolean yes) {
        ProfileClient client = shell.client();
        Texts texts = shell.texts();
        String number = Names.readable(before.toString());
        boolean own = client.state().isPresent();
        boolean accepted;
        if (!client.isOnline()) {
            // The server's earlier answer may be out of date.
            client.disconnect();
        }
        open(client, shell.isInteractive() ? live : ClientListener.NOBODY);
        try {
            client.await(CONNECTED_WITHIN, () -> client.isCaughtUp() || client.hasFailed() || shell.isStopped());
            accepted = client.isOnline();
        } finally {
            if (!own) {
                client.disconnect();
            }
        }
        if (shell.isStopped()) {
            throw shell.cancelled();
        }
        if (accepted || !SessionFailure.of(client).problem().isOfTheNumber()) {
            throw new RefusedCommandException(
                    ExitCode.USAGE,
                    texts.say("register.already", number, shell.profile().name()));
        }
        if (yes) {
            return true;
        }
        out.println(shell.style()
                .warning(texts.say(
                        "register.again.warning",
                        number,
                        client.server().address(),
                        new FailureTexts(shell).cause(SessionFailure.of(client)))));
        out.flush();
        if (questions.confirms("register.again.question", "register.again.needs-yes")) {
            return true;
        }
        out.println(texts.say("register.again.kept", number));
        return false;
    }

    private RefusedCommandException inUseElsewhere() {
        return new RefusedCommandException(
                ExitCode.IN_USE,
                shell.texts().say("error.in-use", shell.profile().name()));
    }

    @Command(group = Syntax.GROUP, name = "connect", description = "Go online; alone, fetch what waits and leave")
    void connect(CommandContext context, @Option(longName = "json", defaultValue = "false") Boolean json) {
        Arguments.ofActive(context, shell, 0);
        if (shell.isInteractive()) {
            connectHere(context.outputWriter(), json);
        } else {
            connectOnce(context.outputWriter(), json);
        }
    }

    /** Opens the session of this window, and prints its state as soon as that is known. */
    private void connectHere(PrintWriter out, boolean json) {
        ProfileClient client = shell.client();
        if (!client.isOnline()) {
            client.disconnect();
        }
        open(client, live);
        boolean known =
                client.await(Duration.ofSeconds(3), () -> client.isOnline() || client.hasFailed() || shell.isStopped());
        boolean hasEnded = client.state()
                .filter(s -> s.phase() == ServerConnection.Phase.OFF)
                .isPresent();
        if (json) {
            out.println(Json.of(connected(client, address(client), Map.of(), List.of())));
        } else if (!known) {
            out.println(shell.texts().say("status.connecting"));
        } else if (!hasEnded) { // the live view has printed that already
            out.println(connectionTexts.state());
            if (client.isOnline() && !client.isCaughtUp()) {
                out.println(shell.texts().say("read.more-comes"));
            }
        }
    }

    /** Fetches waiting mail and sends the outbox in a session of its own. */
    private void connectOnce(PrintWriter out, boolean json) {
        ProfileClient client = shell.client();
        long eventsBefore = client.history().newest();
        var session = new OneShot(client, new ProgressLine(shell));
        OneShot.Result result;
        @Nullable ServerAddress address;
        try (session) {
            result = session.fetch();
            address = address(client);
            if (result instanceof OneShot.Result.Done) {
                session.awaitOutbox();
            }
        }
        var earlier = new EarlierWrites(shell, session);
        switch (result) {
            case OneShot.Result.Done() -> {}
            case OneShot.Result.Elsewhere(var report) -> throw inUseElsewhere();
            case OneShot.Result.Retired() -> shell.inUse();
            case OneShot.Result.Failed(var failure) -> throw earlier.failed(failure, "connect.failed");
            case OneShot.Result.Stalled() -> throw earlier.stalled(stalled(client));
        }
        List<HistoryEvent> events = client.history().after(eventsBefore);
        if (json) {
            Map<String, @Nullable Object> map = connected(client, address, session.arrived(), events);
            map.put("accepted", session.settled());
            putOutbox(map);
            out.println(Json.of(map));
        } else {
            printSummary(out, session, address);
            events.forEach(
                    event -> out.println(shell.style().warning(shell.views().sentence(event))));
            if (client.settings().hole().isPresent() && !events.isEmpty()) {
                out.println(shell.style().warning(shell.texts().say("history.receipts-held")));
            }
        }
        out.flush();
        List<String> unsettled = unsettled();
        if (earlier.sentences(List.of()).isEmpty() && !unsettled.isEmpty()) {
            throw new RefusedCommandException(ExitCode.KEPT, String.join("\n", unsettled));
        }
        unsettled.forEach(shell.notices()::println);
        earlier.refuse();
    }

    private String stalled(ProfileClient client) {
        return shell.texts()
                .say("connect.stalled", client.server().address(), OneShot.STANDSTILL.toSeconds(), client.arrived());
    }

    private void printSummary(PrintWriter out, OneShot session, @Nullable ServerAddress address) {
        Texts texts = shell.texts();
        Map<Address, Integer> came = session.arrived();
        String messages = texts.count(
                "live.messages", came.values().stream().mapToInt(n -> n).sum());
        String chats = texts.count("live.chats", came.size());
        out.println(
                address != null && connectionTexts.isOneOfSeveral(address)
                        ? texts.say("connect.summary-at", messages, chats, address)
                        : texts.say("connect.summary", messages, chats));
        if (session.settled() > 0) {
            out.println(texts.count("connect.accepted", session.settled()));
        }
    }

    /** Returns sentences about messages and groups that the server has not confirmed. */
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
            ProfileClient client,
            @Nullable ServerAddress address,
            Map<Address, Integer> came,
            List<HistoryEvent> events) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("connection", phase(client).orElse("off"));
        map.put("address", address == null ? null : address.toString());
        map.put("messages", came.values().stream().mapToInt(n -> n).sum());
        map.put("chats", came.size());
        map.put("events", events.stream().map(shell.views()::json).toList());
        return map;
    }

    /** Adds the counts of the outbox, and the refusals that are not acknowledged. */
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

    /** Returns the address of the connection; null when there is none. */
    private static @Nullable ServerAddress address(ProfileClient client) {
        return client.state().map(ServerConnection.State::address).orElse(null);
    }

    /** Returns the phase of the connection as JSON shows it; empty while this process has no session. */
    private static Optional<String> phase(ProfileClient client) {
        return client.state().map(state -> state.phase().name().toLowerCase(Locale.ROOT));
    }

    /** Returns the phase of another window's session as JSON shows it. */
    private static String elsewhere(ProfileClient client) {
        return client.elsewhere()
                .map(report -> report.phase() == ServerConnection.Phase.ONLINE
                        ? "elsewhere"
                        : "elsewhere-" + report.phase().name().toLowerCase(Locale.ROOT))
                .orElse("off");
    }

    private void open(ProfileClient client, ClientListener listener) {
        switch (client.open(listener, live::connectionState)) {
            case ELSEWHERE -> throw inUseElsewhere();
            case RETIRED -> shell.inUse();
            case OPENED, OPEN_ALREADY -> {}
        }
    }

    @Command(group = Syntax.GROUP, name = "disconnect", description = "Go offline")
    void disconnect(CommandContext context) {
        Arguments.of(context, shell.texts()).atMost(0);
        shell.client().disconnect();
        live.connectionState(new ServerConnection.State(ServerConnection.Phase.OFF, null, null));
        context.outputWriter().println(shell.texts().say("status.offline"));
    }

    @Command(group = Syntax.GROUP, name = "status", description = "The connection, the outbox, what is unread")
    void status(CommandContext context, @Option(longName = "json", defaultValue = "false") Boolean json) {
        Arguments.of(context, shell.texts()).atMost(0);
        ProfileClient client = shell.client();
        PrintWriter out = context.outputWriter();
        if (json) {
            out.println(Json.of(statusAsJson(client)));
        } else {
            printStatus(out, client);
        }
    }

    private Map<String, @Nullable Object> statusAsJson(ProfileClient client) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("profile", shell.profile().name());
        map.put("id", client.self().map(ClientId::toString).orElse(null));
        map.put("server", client.server().address());
        map.put(
                "connection",
                client.moves().isRetired() ? "moved" : phase(client).orElseGet(() -> elsewhere(client)));
        @Nullable ServerAddress address = address(client);
        map.put("address", address == null ? null : address.toString());
        map.put("assured", client.isAssured());
        map.put("encrypted", client.server().tls() != null);
        putOutbox(map);
        map.put("unread", client.messages().unreadCount());
        map.put("receiptsHeld", client.settings().hole().isPresent());
        map.put(
                "events",
                client.history().all().stream().map(shell.views()::json).toList());
        putMoves(map, client.moves());
        return map;
    }

    private void printStatus(PrintWriter out, ProfileClient client) {
        Texts texts = shell.texts();
        out.println(texts.say(
                "status.profile",
                shell.profile().name(),
                client.self().map(id -> Names.readable(id.toString())).orElse("-")));
        client.moves()
                .arrival()
                .ifPresent(arrival -> out.println(texts.say(
                        "status.imported",
                        shell.views().moment(arrival.at()),
                        VisibleText.line(arrival.profile()),
                        VisibleText.line(arrival.host()),
                        shell.views().moment(arrival.exportedAt()))));
        out.println(connectionTexts.state());
        client.state()
                .map(ServerConnection.State::encryption)
                .ifPresent(how ->
                        out.println(texts.say("status.encrypted", how.protocol(), connectionTexts.daysLeft(how))));
        int unsure = client.messages().count(DeliveryState.UNSURE);
        out.println(texts.say(
                "status.outbox",
                client.messages().count(DeliveryState.WAITING),
                client.messages().count(DeliveryState.HANDED),
                unsure,
                shell.refusals()));
        out.println(texts.count("status.unread", client.messages().unreadCount()));
        if (unsure > 0) {
            out.println(shell.style().warning(texts.count("live.unsure", unsure)));
        }
        connectionTexts.printRefusals(out);
        connectionTexts.printHistory(out);
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
    void whoami(CommandContext context, @Option(longName = "json", defaultValue = "false") Boolean json) {
        Arguments.ofRegistered(context, shell, 0);
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
        Arguments arguments = Arguments.of(context, shell.texts());
        arguments.atMost(1);
        ProfileSettings settings = shell.client().settings();
        if (arguments.has(0)) {
            shell.inUse();
            switch (arguments.required(0)) {
                case "on" -> settings.receipts(true);
                case "off" -> settings.receipts(false);
                default -> throw arguments.usage();
            }
        }
        context.outputWriter().println(shell.texts().say(settings.receipts() ? "receipts.on" : "receipts.off"));
    }
}
