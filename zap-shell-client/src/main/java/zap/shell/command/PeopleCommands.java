package zap.shell.command;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.shell.core.command.CommandContext;
import org.springframework.shell.core.command.annotation.Command;
import org.springframework.shell.core.command.annotation.Option;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.shell.chat.Client;
import zap.shell.store.Messages.RefusedGroup;
import zap.shell.store.People.Contact;
import zap.shell.store.People.Group;
import zap.shell.text.Names;

/** Contacts and groups. Names are the user's own: the protocol has none. */
class PeopleCommands {

    private static final Duration GROUP_WITHIN = Duration.ofSeconds(10);

    private final Desk desk;

    PeopleCommands(Desk desk) {
        this.desk = desk;
    }

    @Command(
            group = Syntax.GROUP,
            name = {"contact", "add"},
            description = "Give a number a name")
    void add(CommandContext context) {
        Call call = Call.of(context, desk.words());
        call.required(1);
        desk.inUse();
        // The name and the number in either order; the number may be in groups.
        List<String> all = call.arguments();
        @Nullable String id = Names.idIn(String.join("", all.subList(1, all.size())));
        String typed = all.getFirst();
        if (id == null) {
            id = Names.idIn(String.join("", all.subList(0, all.size() - 1)));
            typed = all.getLast();
        }
        if (id == null) {
            throw new Refusal(ExitCode.BAD_DATA, desk.words().say("contact.no-id"));
        }
        ClientId person = ClientId.parse(id);
        if (desk.client().people().isGroup(person.asAddress())) {
            throw new Refusal(ExitCode.BAD_DATA, desk.words().say("error.is-group", id));
        }
        String name = desk.name(typed, person.asAddress());
        desk.client().people().name(person, name);
        context.outputWriter().println(desk.words().say("contact.added", name, Names.readable(id)));
    }

    @Command(
            group = Syntax.GROUP,
            name = {"contact", "rename"},
            description = "Give a person another name",
            completionProvider = "people")
    void rename(CommandContext context) {
        Call call = Call.of(context, desk.words());
        desk.inUse();
        ClientId person = desk.person(call.required(0));
        String name = desk.name(call.required(1), person.asAddress());
        call.atMost(2);
        desk.client().people().name(person, name);
        context.outputWriter().println(desk.words().say("contact.added", name, Names.readable(person.toString())));
    }

    @Command(
            group = Syntax.GROUP,
            name = {"contact", "remove"},
            description = "Forget a person's name; the messages stay",
            completionProvider = "people")
    void remove(CommandContext context) {
        Call call = Call.of(context, desk.words());
        desk.inUse();
        ClientId person = desk.person(call.required(0));
        call.atMost(1);
        if (!desk.client().people().forget(person)) {
            throw new Refusal(ExitCode.NO_SUCH_PERSON, desk.words().say("error.nobody", call.required(0)));
        }
        context.outputWriter().println(desk.words().say("contact.removed", call.required(0)));
    }

    @Command(
            group = Syntax.GROUP,
            name = {"contact", "list"},
            description = "All contacts")
    void list(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Call.of(context, desk.words()).atMost(0);
        List<Contact> contacts = desk.client().people().contacts();
        if (contacts.isEmpty() && !json) {
            context.outputWriter().println(desk.words().say("contact.none"));
        }
        for (Contact contact : contacts) {
            if (json) {
                var map = new LinkedHashMap<String, @Nullable Object>();
                map.put("id", contact.id().toString());
                map.put("name", contact.name());
                map.put("muted", desk.client().people().isMuted(contact.id().asAddress()));
                map.put("blocked", desk.client().blocks().isBlocked(contact.id().asAddress()));
                context.outputWriter().println(Json.of(map));
            } else {
                context.outputWriter()
                        .println(Names.readable(contact.id().toString()) + "  "
                                + desk.style().person(contact.id().value(), contact.name())
                                + (desk.client().blocks().isBlocked(contact.id().asAddress())
                                        ? "  " + desk.style().dim(desk.words().say("contact.blocked"))
                                        : ""));
            }
        }
    }

    @Command(
            group = Syntax.GROUP,
            name = "block",
            description = "Show nothing of a person any more",
            completionProvider = "people")
    void block(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Call call = Call.of(context, desk.words());
        call.atMost(1);
        ClientId self = desk.self();
        if (!call.has(0)) {
            listBlocked(context, json);
            return;
        }
        desk.inUse();
        ClientId person = desk.person(call.required(0));
        if (person.equals(self)) {
            throw new Refusal(ExitCode.USAGE, desk.words().say("error.block-self"));
        }
        desk.client().blocks().block(person);
        context.outputWriter().println(desk.words().say("block.on", desk.views().name(person)));
    }

    private void listBlocked(CommandContext context, boolean json) {
        List<ClientId> blocked = desk.client().blocks().people();
        if (blocked.isEmpty() && !json) {
            context.outputWriter().println(desk.words().say("block.none"));
        }
        for (ClientId person : blocked) {
            @Nullable
            String name = desk.client().addressBook().name(person.asAddress()).orElse(null);
            if (json) {
                var map = new LinkedHashMap<String, @Nullable Object>();
                map.put("id", person.toString());
                map.put("name", name);
                context.outputWriter().println(Json.of(map));
            } else {
                context.outputWriter()
                        .println(Names.readable(person.toString())
                                + (name == null ? "" : "  " + desk.style().person(person.value(), name)));
            }
        }
    }

    @Command(
            group = Syntax.GROUP,
            name = "unblock",
            description = "Show what a blocked person has sent meanwhile, and what comes",
            completionProvider = "people")
    void unblock(CommandContext context) {
        Call call = Call.of(context, desk.words());
        call.atMost(1);
        desk.self();
        desk.inUse();
        ClientId person = desk.person(call.required(0));
        int before = desk.client().messages().unreadCount();
        boolean wasBlocked = desk.client().blocks().unblock(person);
        String name = desk.views().name(person);
        context.outputWriter()
                .println(
                        wasBlocked
                                ? sayMeanwhile("block.off", name, before)
                                : desk.words().say("block.was-not", name));
    }

    @Command(
            group = Syntax.GROUP,
            name = "leave",
            description = "Show nothing of a group any more, on this computer",
            completionProvider = "groups")
    void leave(CommandContext context) {
        Call call = Call.of(context, desk.words());
        call.atMost(1);
        desk.self();
        desk.inUse();
        Address group = desk.group(call.required(0));
        desk.client().blocks().leave(group.asGroup());
        context.outputWriter()
                .println(desk.words().say("leave.done", desk.views().name(group)));
    }

    @Command(
            group = Syntax.GROUP,
            name = "join",
            description = "Come back to a group that was left, or take part in one of a stranger",
            completionProvider = "groups")
    void join(CommandContext context) {
        Call call = Call.of(context, desk.words());
        call.atMost(1);
        desk.self();
        desk.inUse();
        Address group = desk.group(call.required(0));
        int before = desk.client().messages().unreadCount();
        desk.client().blocks().join(group.asGroup());
        context.outputWriter().println(sayMeanwhile("join.done", desk.views().name(group), before));
    }

    /** Says what was done, and how many messages are new by that. */
    private String sayMeanwhile(String key, String name, int unreadBefore) {
        int more = desk.client().messages().unreadCount() - unreadBefore;
        return desk.words().say(key, name) + (more > 0 ? " " + desk.words().count("block.meanwhile", more) : "");
    }

    @Command(
            group = Syntax.GROUP,
            name = "create-group",
            description = "Make a group with a name of yours",
            completionProvider = "peopleAfterOne")
    void createGroup(CommandContext context) {
        Call call = Call.of(context, desk.words());
        ClientId self = desk.self();
        desk.inUse();
        String name = desk.name(call.required(0), null);
        call.required(1);
        var members = new LinkedHashSet<ClientId>();
        for (String typed : call.arguments().subList(1, call.arguments().size())) {
            members.add(desk.person(typed));
        }
        members.remove(self);
        if (members.isEmpty() || members.size() > Frame.CreateGroup.MAX_MEMBERS) {
            throw new Refusal(ExitCode.USAGE, desk.words().say("group.size", Frame.CreateGroup.MAX_MEMBERS));
        }
        Client client = desk.client();
        var before =
                new ArrayList<>(client.people().groups().stream().map(Group::id).toList());
        long wanted = client.wantGroup(name, List.copyOf(members));
        Optional<FailedSession> failed = Optional.empty();
        BooleanSupplier isDecided = () -> client.messages().wantedGroup(wanted).isEmpty();
        if (desk.isInteractive() || client.state().isPresent()) {
            boolean mayCome = client.state()
                    .filter(s -> s.phase() == zap.shell.connection.Line.Phase.ONLINE)
                    .isPresent();
            client.await(mayCome ? GROUP_WITHIN : Duration.ZERO, isDecided);
        } else {
            var connection = new OwnConnection(desk);
            try {
                if (connection.open() == Client.Opening.ELSEWHERE) {
                    client.await(GROUP_WITHIN, isDecided);
                } else if (!connection.await(isDecided)) {
                    failed = connection.failed();
                }
            } finally {
                connection.close();
            }
        }
        Optional<RefusedGroup> refused = client.messages().refusedGroups().stream()
                .filter(group -> group.group().number() == wanted)
                .findFirst();
        if (refused.isPresent()) {
            // This says so, or the session has: its person knows.
            client.messages().groupCame(wanted);
            if (desk.isInteractive() && client.state().isPresent()) {
                return;
            }
            throw new Refusal(
                    ExitCode.ofRefusal(refused.get().reason()), desk.views().refusedSentence(refused.get()));
        }
        boolean made = client.people().groups().stream()
                .anyMatch(group -> !before.contains(group.id())
                        && (name.equals(group.name())
                                || group.members().stream()
                                        .filter(member -> !member.equals(self))
                                        .collect(Collectors.toSet())
                                        .equals(members)));
        if (!made && failed.isPresent()) {
            FailedSession cause = failed.get();
            throw new Refusal(
                    cause.trouble().isOfTheNumber() ? cause.exitCode() : ExitCode.KEPT,
                    desk.words().say("group.kept-failed", name, client.server().address(), cause.cause(desk))
                            + cause.wayOn(desk));
        }
        if (!made) {
            // What an assured session has handed over is sent again by itself. A base session asks once.
            boolean asked = client.messages().isAskedFor(wanted);
            throw new Refusal(ExitCode.KEPT, desk.words().say(asked ? "group.unanswered" : "group.kept", name));
        }
        if (!desk.isInteractive()) {
            client.people().groups().stream()
                    .filter(group -> name.equals(group.name()))
                    .findFirst()
                    .ifPresent(group -> context.outputWriter().println(describe(group)));
        }
    }

    private String describe(Group group) {
        @Nullable String name = group.name();
        return Names.readable(group.id().toString()) + "  "
                + (name == null ? desk.words().say("group.unnamed") : name) + "  "
                + desk.style()
                        .dim(String.join(
                                ", ",
                                group.members().stream().map(desk.views()::name).toList()))
                + desk.client()
                        .succession()
                        .formerNumberIn(group)
                        .map(former -> "  "
                                + desk.style()
                                        .warning(desk.words()
                                                .say(
                                                        isReplaced(group) ? "group.former-replaced" : "group.former",
                                                        Names.readable(former.toString()))))
                        .orElse("")
                + (desk.client().blocks().isLeft(group.id().asAddress())
                        ? "  " + desk.style().dim(desk.words().say("group.left"))
                        : "");
    }

    private boolean isReplaced(Group group) {
        return desk.client().succession().successor(group.id().asAddress()).isPresent();
    }

    @Command(
            group = Syntax.GROUP,
            name = {"group", "list"},
            description = "All groups")
    void groups(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Call.of(context, desk.words()).atMost(0);
        List<Group> groups = desk.client().people().groups().stream()
                .filter(group -> !desk.client().blocks().isHidden(group.id().asAddress()))
                .toList();
        if (groups.isEmpty() && !json) {
            context.outputWriter().println(desk.words().say("group.none"));
        }
        for (Group group : groups) {
            context.outputWriter().println(json ? Json.of(json(group)) : describe(group));
        }
    }

    private java.util.Map<String, @Nullable Object> json(Group group) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("id", group.id().toString());
        map.put("name", group.name());
        map.put("createdAt", group.createdAt().seconds());
        map.put("members", group.members().stream().map(ClientId::toString).toList());
        map.put("muted", desk.client().people().isMuted(group.id().asAddress()));
        desk.client()
                .succession()
                .formerNumberIn(group)
                .ifPresent(former -> map.put("formerNumber", former.toString()));
        map.put("left", desk.client().blocks().isLeft(group.id().asAddress()));
        map.put("ofStranger", desk.client().blocks().isOfStranger(group.id().asAddress()));
        return map;
    }

    @Command(
            group = Syntax.GROUP,
            name = {"group", "info"},
            description = "Who is in a group",
            completionProvider = "groups")
    void groupInfo(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Call call = Call.of(context, desk.words());
        Address address = desk.group(call.required(0));
        call.atMost(1);
        Group group = desk.client().people().group(address.asGroup()).orElseThrow();
        if (json) {
            context.outputWriter().println(Json.of(json(group)));
            return;
        }
        context.outputWriter().println(describe(group));
        for (ClientId member : group.members()) {
            context.outputWriter()
                    .println("  " + Names.readable(member.toString()) + "  "
                            + desk.views().name(member));
        }
    }

    @Command(
            group = Syntax.GROUP,
            name = {"group", "rename"},
            description = "Call a group something else",
            completionProvider = "groups")
    void groupRename(CommandContext context) {
        Call call = Call.of(context, desk.words());
        desk.inUse();
        Address address = desk.group(call.required(0));
        String name = desk.name(call.required(1), address);
        call.atMost(2);
        desk.client().people().name(address.asGroup(), name);
        context.outputWriter().println(desk.words().say("group.renamed", name, Names.readable(address.toString())));
    }
}
