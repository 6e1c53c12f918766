package zap.shell.command;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.springframework.shell.core.command.CommandContext;
import org.springframework.shell.core.command.annotation.Command;
import org.springframework.shell.core.command.annotation.Option;
import zap.protocol.ClientId;
import zap.shell.chat.Client;
import zap.shell.connection.Line;
import zap.shell.move.ProfileFile;
import zap.shell.move.ProfileFileException;
import zap.shell.move.ProfileMove;
import zap.shell.move.ProfileMove.Result;
import zap.shell.move.ProfileOrigin;
import zap.shell.store.Profile;
import zap.shell.store.Rescue;
import zap.shell.text.Names;
import zap.shell.text.VisibleText;

/** Moving the whole profile to another computer. */
class ProfileCommands {

    private final Desk desk;
    private final Live live;
    private final Questions questions;

    ProfileCommands(Desk desk, Live live) {
        this.desk = desk;
        this.live = live;
        this.questions = new Questions(desk, live);
    }

    @Command(
            group = Syntax.GROUP,
            name = {"profile", "export"},
            description = "Move everything into an encrypted file, and retire this profile")
    void export(
            CommandContext context,
            @Option(longName = "passphrase-file", description = "a file with the passphrase") @Nullable
                    String passphraseFile) {
        Call call = Call.of(context, desk.words());
        call.atMost(1);
        desk.self();
        desk.inUse();
        Path file = Path.of(call.required(0)).toAbsolutePath();
        desk.needsNew(file);
        char[] passphrase = questions.newPassphrase(passphraseFile);
        Client client = desk.client();
        boolean connected = client.state().isPresent();
        boolean done = false;
        try {
            if (connected) {
                client.disconnect();
                live.lineState(new Line.State(Line.Phase.OFF, null, null));
            }
            refuseUnlessDone(move(client).export(file, passphrase));
            done = true;
        } catch (FileAlreadyExistsException e) {
            throw desk.isThere(file);
        } catch (IOException e) {
            throw new Refusal(ExitCode.BAD_DATA, desk.words().say("export.failed", file, desk.reason(e)));
        } finally {
            Arrays.fill(passphrase, ' ');
            if (connected && !done) {
                client.open(live, live::lineState);
            }
        }
        context.outputWriter().println(desk.words().say("profile.exported", file));
    }

    private ProfileMove move(Client client) {
        return new ProfileMove(desk.profile(), client.database(), client.clock(), host());
    }

    /** Returns the name of this computer: for people, and for nothing else. */
    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "?";
        }
    }

    private void refuseUnlessDone(Result result) {
        Profile profile = desk.profile();
        switch (result) {
            case DONE -> {}
            case IN_USE -> throw new Refusal(ExitCode.IN_USE, desk.words().say("error.in-use", profile.name()));
            case CHANGED_MEANWHILE ->
                throw new Refusal(ExitCode.IN_USE, desk.words().say("profile.changed", profile.name()));
            case NOT_EMPTY -> throw notEmpty();
        }
    }

    private Refusal notEmpty() {
        return desk.client()
                .self()
                .map(id ->
                        new Refusal(ExitCode.USAGE, desk.words().say("profile.exists", Names.readable(id.toString()))))
                .orElseGet(() -> new Refusal(
                        ExitCode.USAGE,
                        desk.words().say("profile.not-empty", desk.profile().name())));
    }

    @Command(
            group = Syntax.GROUP,
            name = {"profile", "import"},
            description = "Take in what profile export has written, and go on with it here")
    void takeIn(
            CommandContext context,
            @Option(longName = "passphrase-file", description = "a file with the passphrase") @Nullable
                    String passphraseFile) {
        Call call = Call.of(context, desk.words());
        call.atMost(1);
        Path file = Path.of(call.required(0)).toAbsolutePath();
        Client client = desk.client();
        ProfileMove move = move(client);
        if (!move.isEmpty()) {
            throw notEmpty();
        }
        ProfileOrigin origin = takeIn(move, file, passphraseFile);
        if (desk.invocation().server() != null) {
            client.settings().server(desk.serverAsSaid(client.server()));
        }
        if (desk.isInteractive()) {
            client.open(live, live::lineState);
        }
        ClientId id = desk.self();
        context.outputWriter()
                .println(desk.words()
                        .say(
                                "profile.imported",
                                Names.readable(id.toString()),
                                VisibleText.line(origin.profile()),
                                VisibleText.line(origin.host()),
                                desk.views().moment(origin.exportedAt()),
                                desk.words()
                                        .count(
                                                "profile.messages",
                                                client.messages().count()),
                                desk.words()
                                        .count(
                                                "profile.contacts",
                                                client.people().contacts().size())));
    }

    private ProfileOrigin takeIn(ProfileMove move, Path file, @Nullable String passphraseFile) {
        char[] passphrase = {};
        try {
            ProfileFile exported = ProfileFile.open(file);
            passphrase = questions.passphrase(passphraseFile);
            refuseUnlessDone(move.takeIn(exported, passphrase));
            return exported.origin();
        } catch (ProfileFileException e) {
            throw new Refusal(
                    ExitCode.BAD_DATA,
                    desk.words()
                            .say(
                                    switch (e.fault()) {
                                        case NOT_A_PROFILE -> "profile.none";
                                        case NEWER -> "profile.newer";
                                        case INCOMPLETE -> "profile.incomplete";
                                        case WRONG_PASSPHRASE -> "error.wrong-passphrase";
                                        case DAMAGED -> "profile.damaged";
                                    },
                                    file));
        } catch (IOException e) {
            throw new Refusal(ExitCode.BAD_DATA, desk.words().say("profile.unreadable", file, desk.reason(e)));
        } finally {
            Arrays.fill(passphrase, ' ');
        }
    }

    @Command(
            group = Syntax.GROUP,
            name = {"profile", "reopen"},
            description = "Use an exported profile here again")
    void reopen(
            CommandContext context,
            @Option(longName = "yes", defaultValue = "false", description = "do not ask") Boolean yes) {
        Call.of(context, desk.words()).atMost(0);
        desk.self();
        Client client = desk.client();
        if (!client.moves().isRetired()) {
            throw new Refusal(
                    ExitCode.USAGE,
                    desk.words().say("profile.not-moved", desk.profile().name()));
        }
        if (!yes) {
            context.outputWriter().println(desk.style().warning(desk.words().say("profile.reopen.warning")));
            context.outputWriter().flush();
            if (!questions.confirms("profile.reopen.question", "profile.reopen.needs-yes")) {
                context.outputWriter().println(desk.words().say("profile.reopen.kept"));
                return;
            }
        }
        client.moves().reopen();
        context.outputWriter().println(desk.words().say("profile.reopened"));
        if (yes) {
            context.outputWriter().println(desk.style().warning(desk.words().say("profile.reopen.warning")));
        }
        if (desk.isInteractive()) {
            client.open(live, live::lineState);
        }
    }

    @Command(
            group = Syntax.GROUP,
            name = {"profile", "rescue"},
            description = "Save what can be read of a damaged store")
    void rescue(CommandContext context) {
        Call.of(context, desk.words()).atMost(0);
        Profile profile = desk.profile();
        var rescue = new Rescue(profile);
        if (!rescue.isNeeded()) {
            throw new Refusal(ExitCode.USAGE, desk.words().say("rescue.not-needed", profile.database()));
        }
        Rescue.Saved saved;
        try (Profile.@Nullable SessionLock lock = profile.tryLock()) {
            if (lock == null) {
                throw new Refusal(ExitCode.IN_USE, desk.words().say("error.in-use", profile.name()));
            }
            saved = rescue.save();
        } catch (IOException e) {
            throw new Refusal(ExitCode.FAILED, desk.words().say("rescue.failed", profile.folder(), desk.reason(e)));
        }
        if (saved.number().isEmpty()) {
            throw new Refusal(ExitCode.FAILED, desk.words().say("rescue.nothing", profile.database()));
        }
        ClientId number = saved.number().get();
        context.outputWriter()
                .println(desk.words()
                        .say(
                                saved.key() ? "rescue.done" : "rescue.done-without-key",
                                Names.readable(number.toString()),
                                desk.words().count("profile.messages", saved.messages()),
                                desk.words().count("profile.contacts", saved.people()),
                                saved.damaged()));
        if (saved.unsure() > 0) {
            context.outputWriter().println(desk.style().warning(desk.words().count("live.unsure", saved.unsure())));
        }
    }
}
