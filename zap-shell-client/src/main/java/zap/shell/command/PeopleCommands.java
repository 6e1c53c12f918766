package zap.shell.command;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.shell.core.command.CommandContext;
import org.springframework.shell.core.command.annotation.Command;
import org.springframework.shell.core.command.annotation.Option;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.GroupId;
import zap.shell.chat.OneShot;
import zap.shell.chat.ProfileClient;
import zap.shell.chat.SessionFailure;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.Json;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.command.view.FailureTexts;
import zap.shell.command.view.ProgressLine;
import zap.shell.store.PendingGroups.RefusedGroup;
import zap.shell.store.People.Contact;
import zap.shell.store.People.Group;
import zap.shell.text.Names;

/** The commands about contacts, blocked people and groups. Names belong to the user: the protocol has none. */
class PeopleCommands {

    private static final Duration GROUP_WITHIN = Duration.ofSeconds(10);

    private final ShellContext shell;

    PeopleCommands(ShellContext shell) {
        this.shell = shell;
    }

    @Command(
            group = Syntax.GROUP,
            name = {"contact", "add"},
            description = "Give a number a name")
    void add(CommandContext context) {
        Arguments arguments = Arguments.of(context, shell.texts());
        arguments.required(1);
        shell.inUse();
        // The name and the number in either order; the number may be in groups.
        List<String> all = arguments.values();
        @Nullable String id = Names.idIn(String.join("", all.subList(1, all.size())));
        String typed = all.getFirst();
        if (id == null) {
            id = Names.idIn(String.join("", all.subList(0, all.size() - 1)));
            typed = all.getLast();
        }
        if (id == null) {
            throw new RefusedCommandException(ExitCode.BAD_DATA, shell.texts().say("contact.no-id"));
        }
        ClientId person = ClientId.parse(id);
        if (shell.client().people().isGroup(person.asAddress())) {
            throw new RefusedCommandException(ExitCode.BAD_DATA, shell.texts().say("error.is-group", id));
        }
        String name = shell.name(typed, person.asAddress());
        shell.client().people().name(person, name);
        context.outputWriter().println(shell.texts().say("contact.added", name, Names.readable(id)));
    }

    @Command(
            group = Syntax.GROUP,
            name = {"contact", "rename"},
            description = "Give a person another name",
            completionProvider = "people")
    void rename(CommandContext context) {
        Arguments arguments = Arguments.of(context, shell.texts());
        shell.inUse();
        ClientId person = shell.person(arguments.required(0));
        String name = shell.name(arguments.required(1), person.asAddress());
        arguments.atMost(2);
        shell.client().people().name(person, name);
        context.outputWriter().println(shell.texts().say("contact.added", name, Names.readable(person.toString())));
    }

    @Command(
            group = Syntax.GROUP,
            name = {"contact", "remove"},
            description = "Forget a person's name; the messages stay",
            completionProvider = "people")
    void remove(CommandContext context) {
        Arguments arguments = Arguments.of(context, shell.texts());
        shell.inUse();
        ClientId person = shell.person(arguments.required(0));
        arguments.atMost(1);
        if (!shell.client().people().forget(person)) {
            throw new RefusedCommandException(
                    ExitCode.NO_SUCH_PERSON, shell.texts().say("error.nobody", arguments.required(0)));
        }
        context.outputWriter().println(shell.texts().say("contact.removed", arguments.required(0)));
    }

    @Command(
            group = Syntax.GROUP,
            name = {"contact", "list"},
            description = "All contacts")
    void list(CommandContext context, @Option(longName = "json", defaultValue = "false") Boolean json) {
        Arguments.of(context, shell.texts()).atMost(0);
        List<Contact> contacts = shell.client().people().contacts();
        if (contacts.isEmpty() && !json) {
            context.outputWriter().println(shell.texts().say("contact.none"));
        }
        for (Contact contact : contacts) {
            if (json) {
                var map = new LinkedHashMap<String, @Nullable Object>();
                map.put("id", contact.id().toString());
                map.put("name", contact.name());
                map.put("muted", shell.client().people().isMuted(contact.id().asAddress()));
                map.put(
                        "blocked",
                        shell.client().blocks().isBlocked(contact.id().asAddress()));
                context.outputWriter().println(Json.of(map));
            } else {
                context.outputWriter()
                        .println(Names.readable(contact.id().toString()) + "  "
                                + shell.style().person(contact.id().value(), contact.name())
                                + (shell.client()
                                                .blocks()
                                                .isBlocked(contact.id().asAddress())
                                        ? "  " + shell.style().dim(shell.texts().say("contact.blocked"))
                                        : ""));
            }
        }
    }

    @Command(
            group = Syntax.GROUP,
            name = "block",
            description = "Show nothing of a person any more",
            completionProvider = "people")
    void block(CommandContext context, @Option(longName = "json", defaultValue = "false") Boolean json) {
        Arguments arguments = Arguments.ofRegistered(context, shell, 1);
        ClientId self = shell.self();
        if (!arguments.has(0)) {
            listBlocked(context, json);
            return;
        }
        shell.inUse();
        ClientId person = shell.person(arguments.required(0));
        if (person.equals(self)) {
            throw new RefusedCommandException(ExitCode.USAGE, shell.texts().say("error.block-self"));
        }
        shell.client().blocks().block(person);
        context.outputWriter()
                .println(shell.texts().say("block.on", shell.views().name(person)));
    }

    private void listBlocked(CommandContext context, boolean json) {
        List<ClientId> blocked = shell.client().blocks().people();
        if (blocked.isEmpty() && !json) {
            context.outputWriter().println(shell.texts().say("block.none"));
        }
        for (ClientId person : blocked) {
            @Nullable
            String name = shell.client().addressBook().name(person.asAddress()).orElse(null);
            if (json) {
                var map = new LinkedHashMap<String, @Nullable Object>();
                map.put("id", person.toString());
                map.put("name", name);
                context.outputWriter().println(Json.of(map));
            } else {
                context.outputWriter()
                        .println(Names.readable(person.toString())
                                + (name == null ? "" : "  " + shell.style().person(person.value(), name)));
            }
        }
    }

    @Command(
            group = Syntax.GROUP,
            name = "unblock",
            description = "Show what a blocked person has sent meanwhile, and what comes",
            completionProvider = "people")
    void unblock(CommandContext context) {
        Arguments arguments = Arguments.ofActive(context, shell, 1);
        ClientId person = shell.person(arguments.required(0));
        int before = shell.client().messages().unreadCount();
        boolean wasBlocked = shell.client().blocks().unblock(person);
        String name = shell.views().name(person);
        context.outputWriter()
                .println(
                        wasBlocked
                                ? sayMeanwhile("block.off", name, before)
                                : shell.texts().say("block.was-not", name));
    }

    @Command(
            group = Syntax.GROUP,
            name = "leave",
            description = "Show nothing of a group any more, on this computer",
            completionProvider = "groups")
    void leave(CommandContext context) {
        Arguments arguments = Arguments.ofActive(context, shell, 1);
        Address group = shell.group(arguments.required(0));
        shell.client().blocks().leave(group.asGroup());
        context.outputWriter()
                .println(shell.texts().say("leave.done", shell.views().name(group)));
    }

    @Command(
            group = Syntax.GROUP,
            name = "join",
            description = "Come back to a group that was left, or take part in one of a stranger",
            completionProvider = "groups")
    void join(CommandContext context) {
        Arguments arguments = Arguments.ofActive(context, shell, 1);
        Address group = shell.group(arguments.required(0));
        int before = shell.client().messages().unreadCount();
        shell.client().blocks().join(group.asGroup());
        context.outputWriter().println(sayMeanwhile("join.done", shell.views().name(group), before));
    }

    /**
     * Returns the sentence for a command that shows hidden messages again, with the number of messages that are new by
     * it.
     */
    private String sayMeanwhile(String key, String name, int unreadBefore) {
        int more = shell.client().messages().unreadCount() - unreadBefore;
        return shell.texts().say(key, name) + (more > 0 ? " " + shell.texts().count("block.meanwhile", more) : "");
    }

    @Command(
            group = Syntax.GROUP,
            name = "mute",
            description = "No lines, bells and counts for a chat",
            completionProvider = "chats")
    void mute(CommandContext context, @Option(longName = "off", defaultValue = "false") Boolean off) {
        Arguments arguments = Arguments.ofActive(context, shell, 1);
        Address chat = shell.who(arguments.required(0));
        shell.client().people().mute(chat, !off);
        context.outputWriter()
                .println(shell.texts()
                        .say(off ? "mute.off" : "mute.on", shell.views().name(chat)));
    }

    @Command(
            group = Syntax.GROUP,
            name = "create-group",
            description = "Make a group with a name of yours",
            completionProvider = "peopleAfterOne")
    void createGroup(CommandContext context) {
        Arguments arguments = Arguments.ofActive(context, shell, Arguments.ANY);
        ClientId self = shell.self();
        String name = shell.name(arguments.required(0), null);
        arguments.required(1);
        var members = new LinkedHashSet<ClientId>();
        for (String typed : arguments.values().subList(1, arguments.values().size())) {
            members.add(shell.person(typed));
        }
        members.remove(self);
        if (members.isEmpty() || members.size() > Frame.CreateGroup.MAX_MEMBERS) {
            throw new RefusedCommandException(
                    ExitCode.USAGE, shell.texts().say("group.size", Frame.CreateGroup.MAX_MEMBERS));
        }
        ProfileClient client = shell.client();
        Set<GroupId> before = client.people().groups().stream().map(Group::id).collect(Collectors.toSet());
        long wanted = client.requestGroup(name, List.copyOf(members));
        Optional<SessionFailure> failure = awaitAnswer(wanted);
        Optional<RefusedGroup> refused = client.pendingGroups().refused().stream()
                .filter(group -> group.group().number() == wanted)
                .findFirst();
        if (refused.isPresent()) {
            // This refusal, or a line of the session, tells the user.
            client.pendingGroups().remove(wanted);
            if (shell.isInteractive() && client.state().isPresent()) {
                return;
            }
            throw new RefusedCommandException(
                    ExitCode.ofRefusal(refused.get().reason()), shell.views().refusedSentence(refused.get()));
        }
        boolean created = client.people().groups().stream()
                .filter(group -> !before.contains(group.id()))
                .anyMatch(group -> name.equals(group.name()) || hasMembers(group, members));
        if (!created) {
            throw failure.map(cause -> notRequested(name, cause)).orElseGet(() -> notAnswered(name, wanted));
        }
        if (!shell.isInteractive()) {
            client.people().groups().stream()
                    .filter(group -> name.equals(group.name()))
                    .findFirst()
                    .ifPresent(group -> context.outputWriter().println(describe(group)));
        }
    }

    /**
     * Waits until the server has answered the request for a group, or no answer is to be expected.
     *
     * @return why there is no session; empty when there is one
     */
    private Optional<SessionFailure> awaitAnswer(long wanted) {
        ProfileClient client = shell.client();
        if (shell.hasSession()) {
            client.await(
                    client.isOnline() ? GROUP_WITHIN : Duration.ZERO,
                    () -> client.pendingGroups().find(wanted).isEmpty() || shell.isStopped());
            return Optional.empty();
        }
        try (var session = new OneShot(client, new ProgressLine(shell))) {
            return session.request(wanted) instanceof OneShot.Result.Failed(var failure)
                    ? Optional.of(failure)
                    : Optional.empty();
        }
    }

    private boolean hasMembers(Group group, Set<ClientId> others) {
        ClientId self = shell.self();
        return group.members().stream()
                .filter(member -> !member.equals(self))
                .collect(Collectors.toSet())
                .equals(others);
    }

    private RefusedCommandException notRequested(String name, SessionFailure failure) {
        var failures = new FailureTexts(shell);
        return new RefusedCommandException(
                failure.problem().isOfTheNumber() ? ExitCode.of(failure.problem()) : ExitCode.KEPT,
                shell.texts()
                                .say(
                                        "group.kept-failed",
                                        name,
                                        shell.client().server().address(),
                                        failures.cause(failure))
                        + failures.advice(failure));
    }

    private RefusedCommandException notAnswered(String name, long wanted) {
        // An assured session repeats a request by itself. A base session sends it once.
        boolean asked = shell.client().pendingGroups().isHanded(wanted);
        return new RefusedCommandException(
                ExitCode.KEPT, shell.texts().say(asked ? "group.unanswered" : "group.kept", name));
    }

    private String describe(Group group) {
        @Nullable String name = group.name();
        return Names.readable(group.id().toString()) + "  "
                + (name == null ? shell.texts().say("group.unnamed") : name) + "  "
                + shell.style()
                        .dim(String.join(
                                ", ",
                                group.members().stream()
                                        .map(shell.views()::name)
                                        .toList()))
                + shell.client()
                        .succession()
                        .formerNumberIn(group)
                        .map(former -> "  "
                                + shell.style()
                                        .warning(shell.texts()
                                                .say(
                                                        isReplaced(group) ? "group.former-replaced" : "group.former",
                                                        Names.readable(former.toString()))))
                        .orElse("")
                + (shell.client().blocks().isLeft(group.id().asAddress())
                        ? "  " + shell.style().dim(shell.texts().say("group.left"))
                        : "");
    }

    private boolean isReplaced(Group group) {
        return shell.client().succession().successor(group.id().asAddress()).isPresent();
    }

    @Command(
            group = Syntax.GROUP,
            name = {"group", "list"},
            description = "All groups")
    void groups(CommandContext context, @Option(longName = "json", defaultValue = "false") Boolean json) {
        Arguments.of(context, shell.texts()).atMost(0);
        List<Group> groups = shell.client().people().groups().stream()
                .filter(group -> !shell.client().blocks().isHidden(group.id().asAddress()))
                .toList();
        if (groups.isEmpty() && !json) {
            context.outputWriter().println(shell.texts().say("group.none"));
        }
        for (Group group : groups) {
            context.outputWriter().println(json ? Json.of(json(group)) : describe(group));
        }
    }

    private Map<String, @Nullable Object> json(Group group) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("id", group.id().toString());
        map.put("name", group.name());
        map.put("createdAt", group.createdAt().seconds());
        map.put("members", group.members().stream().map(ClientId::toString).toList());
        map.put("muted", shell.client().people().isMuted(group.id().asAddress()));
        shell.client()
                .succession()
                .formerNumberIn(group)
                .ifPresent(former -> map.put("formerNumber", former.toString()));
        map.put("left", shell.client().blocks().isLeft(group.id().asAddress()));
        map.put("ofStranger", shell.client().blocks().isOfStranger(group.id().asAddress()));
        return map;
    }

    @Command(
            group = Syntax.GROUP,
            name = {"group", "info"},
            description = "Who is in a group",
            completionProvider = "groups")
    void groupInfo(CommandContext context, @Option(longName = "json", defaultValue = "false") Boolean json) {
        Arguments arguments = Arguments.of(context, shell.texts());
        Address address = shell.group(arguments.required(0));
        arguments.atMost(1);
        Group group = shell.client().people().group(address.asGroup()).orElseThrow();
        if (json) {
            context.outputWriter().println(Json.of(json(group)));
            return;
        }
        context.outputWriter().println(describe(group));
        for (ClientId member : group.members()) {
            context.outputWriter()
                    .println("  " + Names.readable(member.toString()) + "  "
                            + shell.views().name(member));
        }
    }

    @Command(
            group = Syntax.GROUP,
            name = {"group", "rename"},
            description = "Call a group something else",
            completionProvider = "groups")
    void groupRename(CommandContext context) {
        Arguments arguments = Arguments.of(context, shell.texts());
        shell.inUse();
        Address address = shell.group(arguments.required(0));
        String name = shell.name(arguments.required(1), address);
        arguments.atMost(2);
        shell.client().people().name(address.asGroup(), name);
        context.outputWriter().println(shell.texts().say("group.renamed", name, Names.readable(address.toString())));
    }
}
