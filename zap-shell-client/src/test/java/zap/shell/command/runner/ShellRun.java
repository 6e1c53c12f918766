package zap.shell.command.runner;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.shell.core.command.CommandRegistry;
import zap.protocol.ClientId;
import zap.protocol.PosixTime;
import zap.shell.command.HelpCommands;
import zap.shell.command.context.AnswerStream;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.ShellForTest;
import zap.shell.command.view.LiveView;
import zap.shell.identity.IdentityKey;
import zap.shell.store.IncomingMessages;
import zap.shell.store.ProfileSettings;

/**
 * One run of the client in this JVM, without a server.
 *
 * @param status the exit code
 */
public record ShellRun(int status, String out, String err) {

    public static final ClientId ME = ClientId.parse("1000000000001");
    static final ClientId ANA = ClientId.parse("1000000000002");
    static final Instant NOW = Instant.parse("2027-01-31T12:00:00Z");

    /** An address at which no server listens. */
    private static final ProfileSettings.Server NOWHERE = new ProfileSettings.Server("127.0.0.1", 1, false);

    static final String PROFILE = "me";

    /** Creates a profile with a number, the contact ana, and two unread messages from her. */
    public static void profile(Path home) {
        try (ShellContext shell = shellContext(home)) {
            shell.client().adopt(NOWHERE, ME, IdentityKey.generate());
            shell.client().people().name(ANA, "ana");
            new IncomingMessages(shell.client().database())
                    .add(ANA.asAddress(), ANA, new PosixTime(1_800_000_000), "olá", NOW, 1);
            new IncomingMessages(shell.client().database())
                    .add(ANA.asAddress(), ANA, new PosixTime(1_800_000_001), "tudo bem?", NOW, 1);
        }
    }

    static ShellContext shellContext(Path home) {
        return shellContext(home, InputStream.nullInputStream());
    }

    private static ShellContext shellContext(Path home, InputStream input, String... words) {
        return ShellForTest.in(home)
                .profile(PROFILE)
                .words(words)
                .clock(InstantSource.fixed(NOW))
                .input(input)
                .build();
    }

    /** Runs the command with these words. */
    public static ShellRun of(Path home, String... words) {
        return of(home, InputStream.nullInputStream(), words);
    }

    /** Runs the command with this standard input. */
    public static ShellRun of(Path home, InputStream input, String... words) {
        var out = new ByteArrayOutputStream();
        ShellRun run = into(home, out, input, words);
        return new ShellRun(run.status, out.toString(StandardCharsets.UTF_8), run.err);
    }

    /** Runs the command with this standard input and output. */
    static ShellRun into(Path home, OutputStream out, InputStream input, String... words) {
        var err = new StringWriter();
        try (var context = new AnnotationConfigApplicationContext();
                ShellContext shell = shellContext(home, input, words)) {
            context.getBeanFactory().registerSingleton("shellContext", shell);
            context.register(ShellConfiguration.class);
            context.addBeanFactoryPostProcessor(factory -> {
                for (String bean : factory.getBeanDefinitionNames()) {
                    factory.getBeanDefinition(bean).setLazyInit(true);
                }
            });
            context.refresh();
            var runner = new Runner(
                    shell,
                    context.getBean(LiveView.class),
                    context.getBean(CommandRegistry.class),
                    context.getBean(CommandLineParser.class),
                    context.getBeanProvider(org.jline.terminal.Terminal.class),
                    context.getBean(HelpCommands.class),
                    AnswerStream.writer(out),
                    new PrintWriter(err));
            runner.run(new String[0]);
            return new ShellRun(runner.getExitCode(), "", err.toString());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
