package zap.shell.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.shell.core.command.CommandContext;
import org.springframework.shell.core.command.annotation.Command;
import org.springframework.shell.core.command.annotation.Option;
import zap.protocol.ClientId;
import zap.shell.chat.ProfileClient;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.Json;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.command.view.LiveView;
import zap.shell.identity.IdentityFile;
import zap.shell.identity.IdentityFile.IdentityFileException;
import zap.shell.identity.IdentityKey;
import zap.shell.store.ProfileSettings;
import zap.shell.text.Names;

/** The commands about the number and its key, and about their emergency copy. */
class IdentityCommands {

    private final ShellContext shell;
    private final LiveView live;
    private final Questions questions;

    IdentityCommands(ShellContext shell, LiveView live) {
        this.shell = shell;
        this.live = live;
        this.questions = new Questions(shell, live);
    }

    @Command(
            group = Syntax.GROUP,
            name = {"identity", "show"},
            description = "Your number and its key")
    void show(CommandContext context, @Option(longName = "json", defaultValue = "false") Boolean json) {
        Arguments.ofRegistered(context, shell, 0);
        ClientId id = shell.self();
        Optional<IdentityKey> key = shell.client().settings().key();
        if (json) {
            var map = new LinkedHashMap<String, @Nullable Object>();
            map.put("id", id.toString());
            map.put("publicKey", key.map(one -> one.publicKey().toString()).orElse(null));
            map.put("fingerprint", key.map(IdentityKey::fingerprint).orElse(null));
            context.outputWriter().println(Json.of(map));
            return;
        }
        String number = Names.readable(id.toString());
        context.outputWriter()
                .println(key.map(one -> shell.texts().say("identity.line", number, one.fingerprint()))
                        .orElseGet(() -> shell.texts().say("identity.no-key", number)));
    }

    @Command(
            group = Syntax.GROUP,
            name = {"identity", "export"},
            description = "Write your number and its key into an encrypted file")
    void export(CommandContext context, @Option(longName = "passphrase-file") @Nullable String passphraseFile) {
        Arguments arguments = Arguments.ofRegistered(context, shell, 1);
        ClientId id = shell.self();
        Path file = Path.of(arguments.required(0)).toAbsolutePath();
        IdentityKey key = shell.client()
                .settings()
                .key()
                .orElseThrow(() -> new RefusedCommandException(
                        ExitCode.BAD_DATA, shell.texts().say("error.no-key")));
        shell.needsNew(file);
        char[] passphrase = questions.newPassphrase(passphraseFile);
        try {
            String text = new IdentityFile(id, key, shell.client().server().uri()).encrypted(passphrase);
            shell.write(file, out -> out.print(text));
        } finally {
            Arrays.fill(passphrase, ' ');
        }
        context.outputWriter().println(shell.texts().say("identity.exported", file));
    }

    @Command(
            group = Syntax.GROUP,
            name = {"identity", "import"},
            description = "Become who was exported into a file")
    void takeIn(CommandContext context, @Option(longName = "passphrase-file") @Nullable String passphraseFile) {
        Arguments arguments = Arguments.of(context, shell.texts());
        arguments.atMost(1);
        Path file = Path.of(arguments.required(0)).toAbsolutePath();
        ProfileClient client = shell.client();
        client.self().ifPresent(id -> {
            throw new RefusedCommandException(
                    ExitCode.USAGE, shell.texts().say("error.identity-exists", Names.readable(id.toString())));
        });
        IdentityFile identity = read(file, passphraseFile);
        ProfileSettings.Server server = shell.serverWithOptions(ProfileSettings.Server.parse(identity.server(), false));
        client.adopt(server, identity.id(), identity.key());
        if (shell.isInteractive()) {
            client.open(live, live::connectionState);
        }
        context.outputWriter()
                .println(shell.texts()
                        .say(
                                "register.import",
                                Names.readable(identity.id().toString()),
                                identity.key().fingerprint()));
    }

    private IdentityFile read(Path file, @Nullable String passphraseFile) {
        String text;
        try {
            text = Files.readString(file);
        } catch (IOException e) {
            throw shell.unreadable(file, e);
        }
        char[] passphrase = questions.passphrase(passphraseFile);
        try {
            return IdentityFile.read(text, passphrase);
        } catch (IdentityFileException e) {
            throw new RefusedCommandException(
                    ExitCode.BAD_DATA,
                    shell.texts()
                            .say(
                                    switch (e.fault()) {
                                        case NOT_AN_IDENTITY -> "error.not-an-identity";
                                        case WRONG_PASSPHRASE -> "error.wrong-passphrase";
                                    },
                                    file));
        } finally {
            Arrays.fill(passphrase, ' ');
        }
    }
}
