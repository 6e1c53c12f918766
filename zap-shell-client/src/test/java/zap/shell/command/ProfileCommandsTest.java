package zap.shell.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.shell.core.command.CommandRegistry;
import zap.protocol.ClientId;
import zap.protocol.PosixTime;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.ShellForTest;
import zap.shell.command.runner.CommandLineParser;
import zap.shell.command.runner.Runner;
import zap.shell.command.runner.ShellConfiguration;
import zap.shell.command.terminal.SilentScreen;
import zap.shell.command.view.LiveView;
import zap.shell.identity.IdentityKey;
import zap.shell.store.IncomingMessages;
import zap.shell.store.Moves;
import zap.shell.store.ProfileSettings;

/** The output and exit codes of the commands about profiles, without a server. */
class ProfileCommandsTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final ClientId ANA = ClientId.parse("1000000000002");
    private static final Instant NOW = Instant.parse("2027-01-31T12:00:00Z");

    /** An address at which no server listens. */
    private static final ProfileSettings.Server NOWHERE = new ProfileSettings.Server("127.0.0.1", 1, false);

    @TempDir
    Path home;

    private Path file;
    private Path passphrase;

    private static byte @Nullable [] exported;

    private record Outcome(int status, String out, String err) {}

    /** The typed answers to questions. */
    private final Deque<String> answers = new ArrayDeque<>();

    @BeforeEach
    void profile() throws Exception {
        file = home.resolve("me.zap");
        passphrase = Files.writeString(home.resolve("passphrase"), "correct horse\n");
        try (ShellContext shell = shellContext("old", Locale.ENGLISH)) {
            shell.client().adopt(NOWHERE, ME, IdentityKey.generate());
            shell.client().people().name(ANA, "ana");
            new IncomingMessages(shell.client().database())
                    .add(ANA.asAddress(), ANA, new PosixTime(1_800_000_000), "olá", NOW, 1);
        }
    }

    private ShellContext shellContext(String name, Locale language, String... words) {
        return ShellForTest.in(home)
                .profile(name)
                .language(language)
                .words(words)
                .clock(InstantSource.fixed(NOW))
                .build();
    }

    private Outcome zap(String profile, String... words) {
        return zap(profile, Locale.ENGLISH, words);
    }

    private Outcome zap(String profile, Locale language, String... words) {
        var out = new StringWriter();
        var err = new StringWriter();
        try (var context = new AnnotationConfigApplicationContext();
                ShellContext shell = shellContext(profile, language, words)) {
            context.getBeanFactory().registerSingleton("shellContext", shell);
            context.register(ShellConfiguration.class);
            context.addBeanFactoryPostProcessor(factory -> {
                for (String bean : factory.getBeanDefinitionNames()) {
                    factory.getBeanDefinition(bean).setLazyInit(true);
                }
            });
            context.refresh();
            LiveView live = context.getBean(LiveView.class);
            if (!answers.isEmpty()) {
                live.screen(new Typist());
            }
            var runner = new Runner(
                    shell,
                    live,
                    context.getBean(CommandRegistry.class),
                    context.getBean(CommandLineParser.class),
                    context.getBeanProvider(org.jline.terminal.Terminal.class),
                    context.getBean(HelpCommands.class),
                    new PrintWriter(out),
                    new PrintWriter(err));
            runner.run(new String[0]);
            return new Outcome(runner.getExitCode(), out.toString(), err.toString());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private final class Typist extends SilentScreen {

        @Override
        public @Nullable String secret(String prompt) {
            return answers.poll();
        }

        @Override
        public @Nullable String answer(String prompt) {
            return answers.poll();
        }
    }

    private Outcome export() {
        return zap("old", "profile", "export", "--passphrase-file", passphrase.toString(), file.toString());
    }

    /** Retires the profile without writing a file, which saves the time of stretching a passphrase. */
    private void retire() throws Exception {
        try (ShellContext shell = shellContext("old", Locale.ENGLISH)) {
            var retirement = new Moves.Retirement(NOW, file.toString());
            assertThat(shell.client()
                            .moves()
                            .retire(retirement, shell.client().database().version()))
                    .isTrue();
        }
    }

    /** Returns an exported file, made once for all tests, because stretching a passphrase takes time. */
    private byte[] exported() throws Exception {
        if (exported == null) {
            assertThat(export().status()).isZero();
            exported = Files.readAllBytes(file);
        } else {
            retire();
            Files.write(file, exported);
        }
        return exported;
    }

    private Outcome takeIn(String profile) {
        return zap(profile, "profile", "import", "--passphrase-file", passphrase.toString(), file.toString());
    }

    @Test
    void anExportSaysWhatToDoNextAndTheImportWhatHasCome() {
        Outcome exported = export();
        assertThat(exported.status()).as(exported.toString()).isZero();
        assertThat(exported.out())
                .contains("The whole profile is written to " + file)
                .contains("This profile is now retired")
                .contains("profile import");
        Outcome imported = takeIn("fresh");
        assertThat(imported.status()).as(imported.toString()).isZero();
        assertThat(imported.out())
                .contains("You are 1 0000 0000 0001")
                .contains("from profile old on")
                .contains("1 message, 1 contact");
        assertThat(zap("fresh", "history", "ana").out()).contains("olá");
        assertThat(zap("fresh", "status").out()).contains("Imported").contains("from profile old on");
        assertThat(zap("fresh", "status", "--json").out()).contains("\"importedFrom\":\"old on ");
    }

    @Test
    void aRetiredProfileReadsAndRefusesEverythingElseWithTheSameSentence() throws Exception {
        retire();
        for (List<String> words : List.of(
                List.of("send", "ana", "hello"),
                List.of("reply", "ana", "hello"),
                List.of("resend"),
                List.of("chat", "ana"),
                List.of("register"),
                List.of("connect"),
                List.of("create-group", "trip", "ana"),
                List.of("contact", "add", "bia", "1000000000003"),
                List.of("contact", "rename", "ana", "anna"),
                List.of("contact", "remove", "ana"),
                List.of("mute", "ana"),
                List.of("receipts", "off"),
                List.of("profile", "export", home.resolve("again.zap").toString()))) {
            Outcome outcome = zap("old", words.toArray(String[]::new));
            assertThat(outcome.status()).as(words + " " + outcome).isEqualTo(ExitCode.MOVED.code());
            assertThat(outcome.err())
                    .contains("was moved on")
                    .contains(file.toString())
                    .contains("profile reopen")
                    .hasLineCount(1);
            assertThat(outcome.out()).isEmpty();
        }
        for (List<String> words : List.of(List.of("unread"), List.of("peek"), List.of("read"), List.of("next"))) {
            Outcome outcome = zap("old", words.toArray(String[]::new));
            assertThat(outcome.status()).as(words + " " + outcome).isEqualTo(ExitCode.MOVED.code());
            assertThat(outcome.out()).as(words.toString()).isNotEmpty();
        }
        for (List<String> words : List.of(
                List.of("history", "ana"),
                List.of("search", "ola"),
                List.of("contact", "list"),
                List.of("info", "1"),
                List.of("export", "ana"),
                List.of("whoami"),
                List.of("receipts"),
                List.of("identity", "show"))) {
            Outcome outcome = zap("old", words.toArray(String[]::new));
            assertThat(outcome.status()).as(words + " " + outcome).isZero();
            assertThat(outcome.out()).as(words.toString()).isNotEmpty();
        }
        assertThat(zap("old", "status").out()).contains("was moved on");
        assertThat(zap("old", "status", "--json").out())
                .contains("\"connection\":\"moved\"")
                .contains("\"movedTo\":\"" + file + "\"")
                .contains("\"unread\":1");
        Outcome doctor = zap("old", "doctor");
        assertThat(doctor.status()).isEqualTo(ExitCode.MOVED.code());
        assertThat(doctor.out()).contains("✗ The session: This profile was moved on");
    }

    @Test
    void reopeningIsAskedForOrSaidWithAnOption() throws Exception {
        assertThat(zap("old", "profile", "reopen").status()).isEqualTo(ExitCode.USAGE.code());
        retire();
        answers.add("no");
        Outcome kept = zap("old", "profile", "reopen");
        assertThat(kept.status()).isZero();
        assertThat(kept.out()).contains("two stores").contains("stays retired");
        assertThat(zap("old", "mute", "ana").status()).isEqualTo(ExitCode.MOVED.code());
        answers.add(" Yes ");
        assertThat(zap("old", "profile", "reopen").out()).contains("in use here again");
        assertThat(zap("old", "mute", "ana").status()).isZero();
    }

    @Test
    void aPassphraseIsTypedTwiceAndIsNotTooShort() {
        answers.addAll(List.of("correct horse", "correct hors"));
        assertThat(zap("old", "profile", "export", file.toString()).err()).contains("The two passphrases differ");
        answers.addAll(List.of("short", "short"));
        assertThat(zap("old", "profile", "export", file.toString()).err()).contains("at least 8");
        assertThat(file).doesNotExist();
        answers.addAll(List.of("correct horse", "correct horse"));
        assertThat(zap("old", "profile", "export", file.toString()).status()).isZero();
        answers.add("incorrect horse");
        Outcome wrong = zap("fresh", "profile", "import", file.toString());
        assertThat(wrong.status()).isEqualTo(ExitCode.BAD_DATA.code());
        assertThat(wrong.err()).contains("Wrong passphrase for");
        assertThat(zap("fresh", "profile", "import", file.toString()).err()).contains("--passphrase-file");
    }

    @Test
    void eachFileThatCannotBeImportedHasItsSentence() throws Exception {
        byte[] good = exported();
        assertImportFails(Arrays.copyOf(good, good.length - 1), "is incomplete");
        byte[] damaged = good.clone();
        damaged[good.length - 100] ^= 1;
        assertImportFails(damaged, "is damaged");
        assertImportFails("hello".getBytes(StandardCharsets.UTF_8), "is not an exported profile");
        byte[] newer = good.clone();
        newer["zap-profile: ".length()] = '9';
        assertImportFails(newer, "by a newer version of zap");
        Files.delete(file);
        Outcome missing = takeIn("fresh");
        assertThat(missing.status()).isEqualTo(ExitCode.BAD_DATA.code());
        assertThat(missing.err()).contains("cannot be imported: no such file");
        Files.write(file, good);
        assertThat(takeIn("old").err()).contains("This profile already has the number 1 0000 0000 0001");
        zap("fresh", "contact", "add", "bia", "1000000000003");
        Outcome notEmpty = takeIn("fresh");
        assertThat(notEmpty.status()).isEqualTo(ExitCode.USAGE.code());
        assertThat(notEmpty.err()).contains("already has contacts");
    }

    private void assertImportFails(byte[] content, String sentence) throws IOException {
        Files.write(file, content);
        Outcome outcome = takeIn("fresh");
        assertThat(outcome.status()).as(outcome.toString()).isEqualTo(ExitCode.BAD_DATA.code());
        assertThat(outcome.err()).contains(sentence).hasLineCount(1);
        assertThat(outcome.out()).isEmpty();
        assertThat(zap("fresh", "whoami").status()).isEqualTo(ExitCode.NOT_REGISTERED.code());
    }

    @Test
    void inPortugueseItIsSaidInPortuguese() throws Exception {
        retire();
        Outcome outcome = zap("old", Locale.forLanguageTag("pt-BR"), "send", "ana", "oi");
        assertThat(outcome.err()).contains("Este perfil foi movido em");
    }

    @Test
    void theHelpSaysWhatIdentityExportIsForBesideIt() {
        assertThat(zap("old", "help", "profile").out())
                .contains("profile export FILE")
                .contains("profile import FILE")
                .contains("profile reopen")
                .contains("identity export");
        assertThat(zap("old", "help", "identity", "export").out())
                .contains("emergency copy")
                .contains("profile export");
    }
}
