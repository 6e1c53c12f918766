package zap.shell.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.shell.core.command.CommandContext;
import org.springframework.shell.core.command.annotation.Command;
import org.springframework.shell.core.command.annotation.Option;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.shell.chat.Client;
import zap.shell.chat.Happenings;
import zap.shell.connection.Encryption;
import zap.shell.connection.Handshake;
import zap.shell.connection.Line;
import zap.shell.connection.Registration;
import zap.shell.connection.TlsException;
import zap.shell.connection.TlsFault;
import zap.shell.connection.Transport;
import zap.shell.identity.IdentityKey;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.Messages.Way;
import zap.shell.store.Moves;
import zap.shell.store.Settings;
import zap.shell.store.StoreFault;
import zap.shell.text.Names;
import zap.shell.text.VisibleText;

/** Who we are, and the connection. */
class SessionCommands {

    private static final Duration CONNECTED_WITHIN = Duration.ofSeconds(10);

    /** A certificate that expires within this time is worth a word. */
    private static final Duration SOON = Duration.ofDays(14);

    /** How many events of the history are shown: they are rare, and the newest count. */
    private static final int EVENTS_SHOWN = 5;

    private final Desk desk;
    private final Live live;

    SessionCommands(Desk desk, Live live) {
        this.desk = desk;
        this.live = live;
    }

    @Command(group = Syntax.GROUP, name = "register", description = "Get a number of your own")
    void register(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Call.of(context, desk.words()).atMost(0);
        Client client = desk.client();
        desk.inUse();
        client.self().ifPresent(id -> {
            throw new Refusal(
                    ExitCode.USAGE,
                    desk.words()
                            .say(
                                    "register.already",
                                    Names.readable(id.toString()),
                                    desk.profile().name()));
        });
        Settings.Server server = desk.serverToRegisterAt();
        Registration.Registered registered;
        try {
            registered = client.register(server);
        } catch (TlsException e) {
            throw new Refusal(
                    ExitCode.NOT_TRUSTED,
                    desk.words().say("register.untrusted", server.address(), desk.trouble(e.fault())));
        } catch (IOException e) {
            throw new Refusal(ExitCode.UNAVAILABLE, desk.words().say("register.failed", server.address(), reason(e)));
        }
        if (desk.isInteractive()) {
            client.open(live, live::lineState);
        }
        ClientId id = registered.id();
        boolean keyed = registered.key().isPresent();
        if (json) {
            context.outputWriter().println(Json.of(Map.of("id", id.toString(), "key", keyed)));
        } else {
            context.outputWriter().println(desk.words().say("register.done", Names.readable(id.toString()), id));
            if (!keyed) {
                context.outputWriter().println(desk.style().warning(desk.words().say("register.no-key")));
            }
        }
    }

    private String reason(IOException e) {
        return switch (e) {
            case java.net.UnknownHostException unknown -> desk.words().say("trouble.no_such_host");
            case java.net.ConnectException refused -> desk.words().say("trouble.refused");
            case java.net.SocketTimeoutException silent -> desk.words().say("trouble.no_answer");
            case Handshake.RefusedException unwanted -> desk.trouble(unwanted.trouble(), null);
            default -> String.valueOf(e.getMessage());
        };
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
            open(client, live);
            boolean there = client.await(
                    Duration.ofSeconds(3),
                    () -> client.state()
                            .filter(s -> s.phase() == Line.Phase.ONLINE || s.phase() == Line.Phase.WAITING)
                            .isPresent());
            if (json) {
                out.println(Json.of(connected(client, Map.of(), List.of())));
            } else {
                out.println(there ? stateLine() : desk.words().say("status.connecting"));
            }
            return;
        }
        long eventsBefore = client.history().newest();
        var came = new ConcurrentHashMap<Address, Integer>();
        open(client, new Happenings() {
            @Override
            public void caughtUp(Map<Address, Integer> arrived) {
                came.putAll(arrived);
            }
        });
        boolean caughtUp;
        Optional<TlsFault> fault;
        Optional<StoreFault> ofDisk;
        try {
            caughtUp = client.awaitCaughtUp(CONNECTED_WITHIN);
            fault = client.state().map(Line.State::fault);
            ofDisk = client.storeFault();
            if (caughtUp) {
                client.await(Duration.ofSeconds(2), () -> client.messages().count(Way.WAITING) == 0);
            }
        } finally {
            client.disconnect();
        }
        ofDisk.ifPresent(wrong -> {
            throw desk.refusal(wrong);
        });
        fault.ifPresent(wrong -> {
            throw new Refusal(
                    ExitCode.NOT_TRUSTED,
                    desk.words().say("connect.untrusted", client.server().address(), desk.trouble(wrong)));
        });
        if (!caughtUp) {
            throw new Refusal(
                    ExitCode.UNAVAILABLE,
                    desk.words().say("connect.failed", client.server().address()));
        }
        List<HistoryEvent> events = client.history().after(eventsBefore);
        if (json) {
            out.println(Json.of(connected(client, came, events)));
            return;
        }
        out.println(desk.words()
                .say(
                        "connect.summary",
                        desk.words()
                                .count(
                                        "live.messages",
                                        came.values().stream().mapToInt(n -> n).sum()),
                        desk.words().count("live.chats", came.size())));
        events.forEach(event -> out.println(desk.style().warning(desk.views().sentence(event))));
        if (client.settings().hole().isPresent() && !events.isEmpty()) {
            out.println(desk.style().warning(desk.words().say("history.receipts-held")));
        }
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

    /** Returns the line's phase as JSON says it; empty while this process has no line. */
    private static Optional<String> phase(Client client) {
        return client.state().map(state -> state.phase().name().toLowerCase(Locale.ROOT));
    }

    private void open(Client client, Happenings happenings) {
        switch (client.open(happenings, live::lineState)) {
            case ELSEWHERE ->
                throw new Refusal(
                        ExitCode.IN_USE,
                        desk.words().say("error.in-use", desk.profile().name()));
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

    private String stateLine() {
        Words words = desk.words();
        Client client = desk.client();
        Optional<Moves.Retirement> moved = client.moves().retirement();
        if (moved.isPresent()) {
            return desk.movedTo(moved.get());
        }
        Line.@Nullable State state = client.state().orElse(null);
        if (state == null) {
            return words.say(client.isOpenElsewhere() ? "status.elsewhere" : "status.offline");
        }
        String server = client.server().address();
        Line.@Nullable Trouble trouble = state.trouble();
        return switch (state.phase()) {
            case ONLINE -> words.say(client.isAssured() ? "status.online" : "status.online-base", server);
            case CONNECTING -> words.say("status.connecting");
            case OFF ->
                trouble == null
                        ? words.say("status.offline")
                        : words.say("live." + trouble.name().toLowerCase(java.util.Locale.ROOT));
            case WAITING ->
                words.say(
                        "status.waiting",
                        server,
                        desk.trouble(trouble == null ? Line.Trouble.BROKEN : trouble, state.fault()),
                        state.nextTry() == null
                                ? ""
                                : desk.views().moment(state.nextTry()).substring(11));
        };
    }

    @Command(group = Syntax.GROUP, name = "status", description = "The connection, the outbox, what is unread")
    void status(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Call.of(context, desk.words()).atMost(0);
        Client client = desk.client();
        Words words = desk.words();
        PrintWriter out = context.outputWriter();
        int waiting = client.messages().count(Way.WAITING);
        int under = client.messages().count(Way.HANDED);
        int unsure = client.messages().count(Way.UNSURE);
        if (json) {
            var map = new LinkedHashMap<String, @Nullable Object>();
            map.put("profile", desk.profile().name());
            map.put("id", client.self().map(ClientId::toString).orElse(null));
            map.put("server", client.server().address());
            map.put(
                    "connection",
                    client.moves().isRetired()
                            ? "moved"
                            : phase(client).orElse(client.isOpenElsewhere() ? "elsewhere" : "off"));
            map.put("assured", client.isAssured());
            map.put("encrypted", client.server().tls() != null);
            map.put("waiting", waiting);
            map.put("sent", under);
            map.put("unsure", unsure);
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
        out.println(stateLine());
        client.state()
                .map(Line.State::encryption)
                .ifPresent(how -> out.println(words.say("status.encrypted", how.protocol(), daysLeft(how))));
        out.println(words.say("status.outbox", waiting, under, unsure));
        out.println(words.count("status.unread", client.messages().unreadCount()));
        if (unsure > 0) {
            out.println(desk.style().warning(words.count("live.unsure", unsure)));
        }
        sayWhatHappened(out);
    }

    /** Prints the newest events of the history, the oldest of them first, and whether read receipts wait for the person's word. */
    private void sayWhatHappened(PrintWriter out) {
        Client client = desk.client();
        List<HistoryEvent> events = client.history().all();
        events.subList(Math.max(0, events.size() - EVENTS_SHOWN), events.size())
                .forEach(event -> out.println(desk.views().event(event)));
        if (client.settings().hole().isPresent()) {
            out.println(desk.style().warning(desk.words().say("history.receipts-held")));
        }
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

    /** For how many days the certificate is still good, in words. */
    private String daysLeft(Encryption encryption) {
        return desk.words()
                .count(
                        "tls.days",
                        Math.max(
                                0,
                                Duration.between(desk.client().clock().instant(), encryption.until())
                                        .toDays()));
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

    @Command(group = Syntax.GROUP, name = "doctor", description = "Look whether all is well")
    void doctor(CommandContext context) {
        Call.of(context, desk.words()).atMost(0);
        PrintWriter out = context.outputWriter();
        Words words = desk.words();
        Client client = desk.client();
        boolean well = true;
        well &= say(
                out,
                "doctor.identity",
                client.self().isPresent(),
                client.self().map(ClientId::toString).orElse("-"));
        say(
                out,
                "doctor.key",
                client.settings().hasKey(),
                client.settings().key().map(IdentityKey::fingerprint).orElse(words.say("doctor.no-key")));
        String disk = client.database().check();
        well &= say(out, "doctor.disk", disk.equals("ok"), client.messages().count() + ", " + disk);
        Optional<StoreFault> unwell =
                disk.equals("ok") ? client.database().unwritable() : Optional.of(StoreFault.DAMAGED);
        unwell.ifPresent(fault -> say(
                out, "doctor.disk", false, String.valueOf(desk.refusal(fault).getMessage())));
        well &= unwell.isEmpty();
        well &= say(
                out,
                "doctor.private",
                isPrivate(desk.profile().folder()) && isPrivate(desk.profile().database()),
                desk.profile().folder());
        Settings.Server server = client.self().isPresent() ? client.server() : desk.serverToRegisterAt();
        boolean reached =
                client.state().filter(s -> s.phase() == Line.Phase.ONLINE).isPresent();
        @Nullable TlsFault fault = null;
        @Nullable
        Encryption encryption = client.state().map(Line.State::encryption).orElse(null);
        if (!reached) {
            try (Transport transport =
                    client.dialer(server, Duration.ofSeconds(3)).dial()) {
                encryption = transport.encryption();
                reached = true;
            } catch (TlsException e) {
                fault = e.fault();
                reached = true;
            } catch (IOException e) {
                reached = false;
            }
        }
        boolean serverIsThere = say(out, "doctor.server", reached, server.address());
        if (fault != null) {
            say(out, "doctor.tls", false, desk.trouble(fault));
        } else if (encryption != null) {
            say(out, "doctor.tls", true, encryption.protocol());
            boolean lasts = encryption.until().isAfter(client.clock().instant().plus(SOON));
            say(
                    out,
                    "doctor.certificate",
                    lasts,
                    words.say(
                            "doctor.certificate.for",
                            VisibleText.line(String.join(", ", encryption.names())),
                            daysLeft(encryption),
                            desk.views().moment(encryption.until())));
            say(out, "doctor.server-key", true, encryption.pin());
        }
        say(
                out,
                "doctor.session",
                !client.moves().isRetired(),
                client.isOpenElsewhere() ? words.say("status.elsewhere") : stateLine());
        well &= say(
                out,
                "doctor.outbox",
                client.messages().count(Way.UNSURE) == 0,
                client.messages().count(Way.WAITING) + " / " + client.messages().count(Way.UNSURE));
        boolean whole = client.history().all().isEmpty();
        say(out, "doctor.history", whole, words.say(whole ? "doctor.history.whole" : "doctor.history.not-whole"));
        sayWhatHappened(out);
        out.flush();
        desk.inUse();
        if (!serverIsThere) {
            throw new Refusal(ExitCode.UNAVAILABLE, words.say("doctor.no-server", server.address()));
        }
        if (fault != null) {
            throw new Refusal(
                    ExitCode.NOT_TRUSTED, words.say("connect.untrusted", server.address(), desk.trouble(fault)));
        }
        if (!well) {
            throw new Refusal(ExitCode.FAILED, words.say("doctor.unwell"));
        }
    }

    private boolean say(PrintWriter out, String key, boolean good, Object detail) {
        Style style = desk.style();
        out.println((good ? style.good(style.sign("✓", "ok")) : style.warning(style.sign("✗", "!!"))) + " "
                + desk.words().say(key) + ": " + detail);
        return good;
    }

    private static boolean isPrivate(Path path) {
        try {
            @Nullable PosixFileAttributeView view = Files.getFileAttributeView(path, PosixFileAttributeView.class);
            return view == null
                    || PosixFilePermissions.toString(view.readAttributes().permissions())
                            .endsWith("------");
        } catch (IOException e) {
            return false;
        }
    }
}
