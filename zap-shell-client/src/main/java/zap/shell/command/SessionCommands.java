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
import zap.shell.chat.Client;
import zap.shell.chat.Happenings;
import zap.shell.connection.Line;
import zap.shell.connection.Registration;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.Messages;
import zap.shell.store.Messages.Way;
import zap.shell.store.Moves;
import zap.shell.store.Settings;
import zap.shell.text.Names;
import zap.shell.text.VisibleText;

/** Who we are, and the connection. */
class SessionCommands {

    private static final Duration CONNECTED_WITHIN = Duration.ofSeconds(10);

    private final Desk desk;
    private final Live live;
    private final Questions questions;
    private final ConnectionWords connection;

    SessionCommands(Desk desk, Live live) {
        this.desk = desk;
        this.live = live;
        this.questions = new Questions(desk, live);
        this.connection = new ConnectionWords(desk);
    }

    @Command(group = Syntax.GROUP, name = "register", description = "Get a number of your own")
    void register(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json,
            @Option(longName = "yes", defaultValue = "false", description = "do not ask") Boolean yes) {
        Call.of(context, desk.words()).atMost(0);
        Client client = desk.client();
        desk.inUse();
        Optional<ClientId> before = client.self();
        if (before.isPresent() && !wantsAnotherNumber(context.outputWriter(), before.get(), yes)) {
            return;
        }
        Registration.Registered registered = registered(before.isPresent());
        if (desk.isInteractive()) {
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
            context.outputWriter().println(desk.words().say("register.done", Names.readable(id.toString()), id));
            before.ifPresent(old -> context.outputWriter()
                    .println(desk.words().say("register.again.done", Names.readable(old.toString()))));
            if (!keyed) {
                context.outputWriter().println(desk.style().warning(desk.words().say("register.no-key")));
            }
        }
    }

    private Registration.Registered registered(boolean again) {
        Client client = desk.client();
        Settings.Server server = desk.serverToRegisterAt();
        try {
            return again ? client.registerAgain(server).orElseThrow(this::inUseElsewhere) : client.register(server);
        } catch (IOException e) {
            FailedSession failed = FailedSession.of(e);
            throw failed.refusal(desk, server, failed.mayBeElsewhere() ? "register.failed" : "register.refused");
        }
    }

    /**
     * Looks whether the server accepts the number that the profile has, and asks whether to get another one if it does not.
     *
     * @param yes whether the answer is known
     * @return false when the person does not want one
     */
    private boolean wantsAnotherNumber(PrintWriter out, ClientId before, boolean yes) {
        Client client = desk.client();
        Words words = desk.words();
        String number = Names.readable(before.toString());
        boolean own = client.state().isPresent();
        boolean accepted;
        if (!client.isOnline()) {
            // What the server has said a while ago may be true no more.
            client.disconnect();
        }
        open(client, desk.isInteractive() ? live : Happenings.NOBODY);
        try {
            client.await(CONNECTED_WITHIN, () -> client.isCaughtUp() || client.hasFailed());
            accepted = client.isOnline();
        } finally {
            if (!own) {
                client.disconnect();
            }
        }
        if (accepted || !FailedSession.of(client).trouble().isOfTheNumber()) {
            throw new Refusal(
                    ExitCode.USAGE,
                    words.say("register.already", number, desk.profile().name()));
        }
        if (yes) {
            return true;
        }
        out.println(desk.style()
                .warning(words.say(
                        "register.again.warning",
                        number,
                        client.server().address(),
                        FailedSession.of(client).cause(desk))));
        out.flush();
        if (questions.confirms("register.again.question", "register.again.needs-yes")) {
            return true;
        }
        out.println(words.say("register.again.kept", number));
        return false;
    }

    private Refusal inUseElsewhere() {
        return new Refusal(
                ExitCode.IN_USE, desk.words().say("error.in-use", desk.profile().name()));
    }

    @Command(group = Syntax.GROUP, name = "connect", description = "Go online; alone, fetch what waits and leave")
    void connect(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Call.of(context, desk.words()).atMost(0);
        desk.self();
        desk.inUse();
        Client client = desk.client();
        PrintWriter out = context.outputWriter();
        if (desk.isInteractive()) {
            if (!client.isOnline()) {
                client.disconnect();
            }
            open(client, live);
            boolean known = client.await(Duration.ofSeconds(3), () -> client.isOnline() || client.hasFailed());
            boolean hasEnded =
                    client.state().filter(s -> s.phase() == Line.Phase.OFF).isPresent();
            if (json) {
                out.println(Json.of(connected(client, Map.of(), List.of())));
            } else if (!known) {
                out.println(desk.words().say("status.connecting"));
            } else if (!hasEnded) { // which stands above already
                out.println(connection.state());
                if (client.isOnline() && !client.isCaughtUp()) {
                    out.println(desk.words().say("read.more-comes"));
                }
            }
            return;
        }
        long eventsBefore = client.history().newest();
        var own = new OwnConnection(desk);
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
                    desk.words()
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
                    event -> out.println(desk.style().warning(desk.views().sentence(event))));
            if (client.settings().hole().isPresent() && !events.isEmpty()) {
                out.println(desk.style().warning(desk.words().say("history.receipts-held")));
            }
        }
        out.flush();
        List<String> unsettled = unsettled();
        if (own.news(List.of()).isEmpty() && !unsettled.isEmpty()) {
            throw new Refusal(ExitCode.KEPT, String.join("\n", unsettled));
        }
        unsettled.forEach(desk.notices()::println);
        own.tellNews();
    }

    private void sayWhatCame(PrintWriter out, OwnConnection own) {
        Words words = desk.words();
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
        Client client = desk.client();
        int waiting = client.messages().count(Way.WAITING);
        int groups = client.wantedGroups();
        int unsettled = client.unsettled();
        var lines = new ArrayList<String>();
        if (unsettled > 0) {
            lines.add(desk.words().say("connect.unsettled", waiting, unsettled - waiting));
        }
        if (groups > 0) {
            lines.add(desk.words().count("connect.unsettled-groups", groups));
        }
        return lines;
    }

    private Map<String, @Nullable Object> connected(
            Client client, Map<Address, Integer> came, List<HistoryEvent> events) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("connection", phase(client).orElse("off"));
        map.put("messages", came.values().stream().mapToInt(n -> n).sum());
        map.put("chats", came.size());
        map.put("events", events.stream().map(desk.views()::json).toList());
        return map;
    }

    /** Puts in what is on its way, and what its person has to know of what became of it. */
    private void putOutbox(Map<String, @Nullable Object> map) {
        Messages messages = desk.client().messages();
        map.put("waiting", messages.count(Way.WAITING));
        map.put("sent", messages.count(Way.HANDED));
        map.put("unsure", messages.count(Way.UNSURE));
        map.put("refused", desk.refusals());
        map.put(
                "refusedMessages",
                messages.unacknowledged(Way.REFUSED).stream()
                        .map(desk.views()::json)
                        .toList());
        map.put(
                "refusedGroups",
                messages.refusedGroups().stream().map(desk.views()::json).toList());
    }

    /** Returns the line's phase as JSON says it; empty while this process has no line. */
    private static Optional<String> phase(Client client) {
        return client.state().map(state -> state.phase().name().toLowerCase(Locale.ROOT));
    }

    /** Returns the same for the session of another window. */
    private static String elsewhere(Client client) {
        return client.elsewhere()
                .map(report -> report.phase() == Line.Phase.ONLINE
                        ? "elsewhere"
                        : "elsewhere-" + report.phase().name().toLowerCase(Locale.ROOT))
                .orElse("off");
    }

    private void open(Client client, Happenings happenings) {
        needsOpened(client.open(happenings, live::lineState));
    }

    private void needsOpened(Client.Opening opening) {
        switch (opening) {
            case ELSEWHERE -> throw inUseElsewhere();
            case RETIRED -> desk.inUse();
            case OPENED, OPEN_ALREADY -> {}
        }
    }

    @Command(group = Syntax.GROUP, name = "disconnect", description = "Go offline")
    void disconnect(CommandContext context) {
        Call.of(context, desk.words()).atMost(0);
        desk.client().disconnect();
        live.lineState(new Line.State(Line.Phase.OFF, null, null));
        context.outputWriter().println(desk.words().say("status.offline"));
    }

    @Command(group = Syntax.GROUP, name = "status", description = "The connection, the outbox, what is unread")
    void status(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Call.of(context, desk.words()).atMost(0);
        Client client = desk.client();
        Words words = desk.words();
        PrintWriter out = context.outputWriter();
        if (json) {
            var map = new LinkedHashMap<String, @Nullable Object>();
            map.put("profile", desk.profile().name());
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
                    client.history().all().stream().map(desk.views()::json).toList());
            putMoves(map, client.moves());
            out.println(Json.of(map));
            return;
        }
        out.println(words.say(
                "status.profile",
                desk.profile().name(),
                client.self().map(id -> Names.readable(id.toString())).orElse("-")));
        client.moves()
                .arrival()
                .ifPresent(arrival -> out.println(words.say(
                        "status.imported",
                        desk.views().moment(arrival.at()),
                        VisibleText.line(arrival.profile()),
                        VisibleText.line(arrival.host()),
                        desk.views().moment(arrival.exportedAt()))));
        out.println(connection.state());
        client.state()
                .map(Line.State::encryption)
                .ifPresent(how -> out.println(words.say("status.encrypted", how.protocol(), connection.daysLeft(how))));
        int unsure = client.messages().count(Way.UNSURE);
        out.println(words.say(
                "status.outbox",
                client.messages().count(Way.WAITING),
                client.messages().count(Way.HANDED),
                unsure,
                desk.refusals()));
        out.println(words.count("status.unread", client.messages().unreadCount()));
        if (unsure > 0) {
            out.println(desk.style().warning(words.count("live.unsure", unsure)));
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
        Call.of(context, desk.words()).atMost(0);
        ClientId id = desk.self();
        if (json) {
            context.outputWriter().println(Json.of(json(id)));
        } else if (desk.isInteractive()) {
            context.outputWriter().println(desk.words().say("whoami", Names.readable(id.toString()), id));
        } else {
            context.outputWriter().println(id);
        }
    }

    private Map<String, @Nullable Object> json(ClientId id) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("id", id.toString());
        map.put("server", desk.client().server().address());
        return map;
    }

    @Command(
            group = Syntax.GROUP,
            name = "receipts",
            description = "Whether people learn that you have read their messages",
            completionProvider = "onOff")
    void receipts(CommandContext context) {
        Call call = Call.of(context, desk.words());
        call.atMost(1);
        Settings settings = desk.client().settings();
        if (call.has(0)) {
            desk.inUse();
            switch (call.required(0)) {
                case "on" -> settings.receipts(true);
                case "off" -> settings.receipts(false);
                default -> throw call.usage();
            }
        }
        context.outputWriter().println(desk.words().say(settings.receipts() ? "receipts.on" : "receipts.off"));
    }
}
