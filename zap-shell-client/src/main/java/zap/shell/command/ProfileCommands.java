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
import zap.shell.chat.ProfileClient;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.command.view.LiveView;
import zap.shell.connection.ServerConnection;
import zap.shell.move.ProfileFile;
import zap.shell.move.ProfileFileException;
import zap.shell.move.ProfileMove;
import zap.shell.move.ProfileMove.Result;
import zap.shell.move.ProfileOrigin;
import zap.shell.store.Profile;
import zap.shell.store.Rescue;
import zap.shell.text.Names;
import zap.shell.text.VisibleText;

/** The commands that move the whole profile to another computer, and rescue a damaged one. */
class ProfileCommands {

    private final ShellContext shell;
    private final LiveView live;
    private final Questions questions;

    ProfileCommands(ShellContext shell, LiveView live) {
        this.shell = shell;
        this.live = live;
        this.questions = new Questions(shell, live);
    }

    @Command(
            group = Syntax.GROUP,
            name = {"profile", "export"},
            description = "Move everything into an encrypted file, and retire this profile")
    void export(CommandContext context, @Option(longName = "passphrase-file") @Nullable String passphraseFile) {
        Arguments arguments = Arguments.ofActive(context, shell, 1);
        Path file = Path.of(arguments.required(0)).toAbsolutePath();
        shell.needsNew(file);
        char[] passphrase = questions.newPassphrase(passphraseFile);
        ProfileClient client = shell.client();
        boolean connected = client.state().isPresent();
        boolean done = false;
        try {
            if (connected) {
                client.disconnect();
                live.connectionState(new ServerConnection.State(ServerConnection.Phase.OFF, null, null));
            }
            refuseUnlessDone(move(client).export(file, passphrase));
            done = true;
        } catch (FileAlreadyExistsException e) {
            throw shell.isThere(file);
        } catch (IOException e) {
            throw new RefusedCommandException(
                    ExitCode.BAD_DATA, shell.texts().say("export.failed", file, shell.reason(e)));
        } finally {
            Arrays.fill(passphrase, ' ');
            if (connected && !done) {
                client.open(live, live::connectionState);
            }
        }
        context.outputWriter().println(shell.texts().say("profile.exported", file));
    }

    private ProfileMove move(ProfileClient client) {
        return new ProfileMove(shell.profile(), client.database(), client.clock(), host());
    }

    /** Returns the name of this computer, for people to read. */
    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "?";
        }
    }

    private void refuseUnlessDone(Result result) {
        Profile profile = shell.profile();
        switch (result) {
            case DONE -> {}
            case IN_USE ->
                throw new RefusedCommandException(ExitCode.IN_USE, shell.texts().say("error.in-use", profile.name()));
            case CHANGED_MEANWHILE ->
                throw new RefusedCommandException(
                        ExitCode.IN_USE, shell.texts().say("profile.changed", profile.name()));
            case NOT_EMPTY -> throw notEmpty();
        }
    }

    private RefusedCommandException notEmpty() {
        return shell.client()
                .self()
                .map(id -> new RefusedCommandException(
                        ExitCode.USAGE, shell.texts().say("profile.exists", Names.readable(id.toString()))))
                .orElseGet(() -> new RefusedCommandException(
                        ExitCode.USAGE,
                        shell.texts().say("profile.not-empty", shell.profile().name())));
    }

    @Command(
            group = Syntax.GROUP,
            name = {"profile", "import"},
            description = "Take in what profile export has written, and go on with it here")
    void takeIn(CommandContext context, @Option(longName = "passphrase-file") @Nullable String passphraseFile) {
        Arguments arguments = Arguments.of(context, shell.texts());
        arguments.atMost(1);
        Path file = Path.of(arguments.required(0)).toAbsolutePath();
        ProfileClient client = shell.client();
        ProfileMove move = move(client);
        if (!move.isEmpty()) {
            throw notEmpty();
        }
        ProfileOrigin origin = takeIn(move, file, passphraseFile);
        if (shell.invocation().server() != null) {
            client.settings().server(shell.serverWithOptions(client.server()));
        }
        if (shell.isInteractive()) {
            client.open(live, live::connectionState);
        }
        ClientId id = shell.self();
        context.outputWriter()
                .println(shell.texts()
                        .say(
                                "profile.imported",
                                Names.readable(id.toString()),
                                VisibleText.line(origin.profile()),
                                VisibleText.line(origin.host()),
                                shell.views().moment(origin.exportedAt()),
                                shell.texts()
                                        .count(
                                                "profile.messages",
                                                client.messages().count()),
                                shell.texts()
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
            throw new RefusedCommandException(
                    ExitCode.BAD_DATA,
                    shell.texts()
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
            throw new RefusedCommandException(
                    ExitCode.BAD_DATA, shell.texts().say("profile.unreadable", file, shell.reason(e)));
        } finally {
            Arrays.fill(passphrase, ' ');
        }
    }

    @Command(
            group = Syntax.GROUP,
            name = {"profile", "reopen"},
            description = "Use an exported profile here again")
    void reopen(CommandContext context, @Option(longName = "yes", defaultValue = "false") Boolean yes) {
        Arguments.ofRegistered(context, shell, 0);
        ProfileClient client = shell.client();
        if (!client.moves().isRetired()) {
            throw new RefusedCommandException(
                    ExitCode.USAGE,
                    shell.texts().say("profile.not-moved", shell.profile().name()));
        }
        if (!yes) {
            context.outputWriter().println(shell.style().warning(shell.texts().say("profile.reopen.warning")));
            context.outputWriter().flush();
            if (!questions.confirms("profile.reopen.question", "profile.reopen.needs-yes")) {
                context.outputWriter().println(shell.texts().say("profile.reopen.kept"));
                return;
            }
        }
        client.moves().reopen();
        context.outputWriter().println(shell.texts().say("profile.reopened"));
        if (yes) {
            context.outputWriter().println(shell.style().warning(shell.texts().say("profile.reopen.warning")));
        }
        if (shell.isInteractive()) {
            client.open(live, live::connectionState);
        }
    }

    @Command(
            group = Syntax.GROUP,
            name = {"profile", "rescue"},
            description = "Save what can be read of a damaged store")
    void rescue(CommandContext context) {
        Arguments.of(context, shell.texts()).atMost(0);
        Profile profile = shell.profile();
        var rescue = new Rescue(profile);
        if (!rescue.isNeeded()) {
            throw new RefusedCommandException(
                    ExitCode.USAGE, shell.texts().say("rescue.not-needed", profile.database()));
        }
        Rescue.Saved saved;
        try (Profile.@Nullable SessionLock lock = profile.tryLock()) {
            if (lock == null) {
                throw new RefusedCommandException(ExitCode.IN_USE, shell.texts().say("error.in-use", profile.name()));
            }
            saved = rescue.save();
        } catch (IOException e) {
            throw new RefusedCommandException(
                    ExitCode.FAILED, shell.texts().say("rescue.failed", profile.folder(), shell.reason(e)));
        }
        if (saved.number().isEmpty()) {
            throw new RefusedCommandException(ExitCode.FAILED, shell.texts().say("rescue.nothing", profile.database()));
        }
        ClientId number = saved.number().get();
        context.outputWriter()
                .println(shell.texts()
                        .say(
                                saved.key() ? "rescue.done" : "rescue.done-without-key",
                                Names.readable(number.toString()),
                                shell.texts().count("profile.messages", saved.messages()),
                                shell.texts().count("profile.contacts", saved.people()),
                                saved.damaged()));
        if (saved.unsure() > 0) {
            context.outputWriter().println(shell.style().warning(shell.texts().count("live.unsure", saved.unsure())));
        }
    }
}
