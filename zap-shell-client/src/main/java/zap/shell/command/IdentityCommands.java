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
import zap.shell.chat.Client;
import zap.shell.identity.IdentityFile;
import zap.shell.identity.IdentityFile.IdentityFileException;
import zap.shell.identity.IdentityKey;
import zap.shell.store.Settings;
import zap.shell.text.Names;

/** The key that proves who we are, and how it gets to another computer. */
class IdentityCommands {

    private final Desk desk;
    private final Live live;
    private final Questions questions;

    IdentityCommands(Desk desk, Live live) {
        this.desk = desk;
        this.live = live;
        this.questions = new Questions(desk, live);
    }

    @Command(
            group = Syntax.GROUP,
            name = {"identity", "show"},
            description = "Your number and its key")
    void show(
            CommandContext context,
            @Option(longName = "json", defaultValue = "false", description = "as JSON") Boolean json) {
        Call.of(context, desk.words()).atMost(0);
        ClientId id = desk.self();
        Optional<IdentityKey> key = desk.client().settings().key();
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
                .println(key.map(one -> desk.words().say("identity.line", number, one.fingerprint()))
                        .orElseGet(() -> desk.words().say("identity.no-key", number)));
    }

    @Command(
            group = Syntax.GROUP,
            name = {"identity", "export"},
            description = "Write your number and its key into an encrypted file")
    void export(
            CommandContext context,
            @Option(longName = "passphrase-file", description = "a file with the passphrase") @Nullable
                    String passphraseFile) {
        Call call = Call.of(context, desk.words());
        call.atMost(1);
        ClientId id = desk.self();
        Path file = Path.of(call.required(0)).toAbsolutePath();
        IdentityKey key = desk.client()
                .settings()
                .key()
                .orElseThrow(() -> new Refusal(ExitCode.BAD_DATA, desk.words().say("error.no-key")));
        desk.needsNew(file);
        char[] passphrase = questions.newPassphrase(passphraseFile);
        try {
            String text = new IdentityFile(id, key, desk.client().server().uri()).encrypted(passphrase);
            desk.write(file, out -> out.print(text));
        } finally {
            Arrays.fill(passphrase, ' ');
        }
        context.outputWriter().println(desk.words().say("identity.exported", file));
    }

    @Command(
            group = Syntax.GROUP,
            name = {"identity", "import"},
            description = "Become who was exported into a file")
    void takeIn(
            CommandContext context,
            @Option(longName = "passphrase-file", description = "a file with the passphrase") @Nullable
                    String passphraseFile) {
        Call call = Call.of(context, desk.words());
        call.atMost(1);
        Path file = Path.of(call.required(0)).toAbsolutePath();
        Client client = desk.client();
        client.self().ifPresent(id -> {
            throw new Refusal(ExitCode.USAGE, desk.words().say("error.identity-exists", Names.readable(id.toString())));
        });
        IdentityFile identity = read(file, passphraseFile);
        Settings.Server server = desk.serverAsSaid(Settings.Server.parse(identity.server(), false));
        client.adopt(server, identity.id(), identity.key());
        if (desk.isInteractive()) {
            client.open(live, live::lineState);
        }
        context.outputWriter()
                .println(desk.words()
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
            throw desk.unreadable(file, e);
        }
        char[] passphrase = questions.passphrase(passphraseFile);
        try {
            return IdentityFile.read(text, passphrase);
        } catch (IdentityFileException e) {
            throw new Refusal(
                    ExitCode.BAD_DATA,
                    desk.words()
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
