package zap.shell.command.runner;

import jakarta.validation.Validator;
import jakarta.validation.executable.ExecutableValidator;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.terminal.impl.PosixSysTerminal;
import org.jline.utils.OSUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.ApplicationContext;
import org.springframework.context.MessageSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.shell.core.ShellRunner;
import org.springframework.shell.core.command.CommandRegistry;
import org.springframework.shell.core.command.annotation.Command;
import org.springframework.shell.core.command.completion.CompletionProposal;
import org.springframework.shell.core.command.completion.CompletionProvider;
import zap.shell.command.CommandBeans;
import zap.shell.command.HelpCommands;
import zap.shell.command.context.AnswerStream;
import zap.shell.command.context.ShellContext;
import zap.shell.command.terminal.SpeedKeepingPty;
import zap.shell.command.view.LiveView;

/** The beans of Spring Shell, JLine and the client. Everything is lazy, because one command needs few of them. */
@Configuration(proxyBeanMethods = false)
@Import({CommandBeans.class, RehearsalCommands.class})
public class ShellConfiguration {

    private static final Logger log = LoggerFactory.getLogger(ShellConfiguration.class);

    @Bean
    LiveView live(ShellContext shell) {
        return new LiveView(shell);
    }

    @Bean
    Commands commandRegistry(ApplicationContext context) {
        return new Commands(context, commandMethods());
    }

    static Stream<Method> commandMethods() {
        return Stream.concat(CommandBeans.types(), Stream.of(RehearsalCommands.class))
                .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(method -> method.isAnnotationPresent(Command.class));
    }

    @Bean
    CommandLineParser parser(Commands commands, ShellContext shell) {
        return new CommandLineParser(commands, commands.textAfter(), shell.texts());
    }

    @Bean
    @Primary
    ShellRunner runner(
            ShellContext shell,
            LiveView live,
            CommandRegistry registry,
            CommandLineParser parser,
            ObjectProvider<Terminal> terminals,
            HelpCommands help) {
        return new Runner(
                shell,
                live,
                registry,
                parser,
                terminals,
                help,
                AnswerStream.standardOutput(),
                new PrintWriter(
                        new OutputStreamWriter(new FileOutputStream(FileDescriptor.err), StandardCharsets.UTF_8)));
    }

    @Bean
    Terminal terminal(ShellContext shell) throws IOException {
        // JLine unpacks its native part at every start, by default into a folder that all users share.
        if (System.getProperty("jline.tmpdir") == null) {
            System.setProperty("jline.tmpdir", shell.profile().cache().toString());
        }
        @Nullable String type = System.getenv("TERM");
        if (OSUtils.IS_LINUX && type != null && !type.startsWith(Terminal.TYPE_DUMB)) {
            try {
                return new PosixSysTerminal(
                        "zap",
                        type,
                        new SpeedKeepingPty(),
                        StandardCharsets.UTF_8,
                        true,
                        Terminal.SignalHandler.SIG_IGN);
            } catch (IOException | LinkageError e) {
                log.debug("JLine has no native part for this machine", e);
            }
        }
        return TerminalBuilder.builder()
                .name("zap")
                // JLine's own native part, or stty. Linking foreign functions would take as long as the rest of a
                // start.
                .ffm(false)
                .systemOutput(TerminalBuilder.SystemOutput.SysOut)
                .encoding(StandardCharsets.UTF_8)
                .stdinEncoding(StandardCharsets.UTF_8)
                .stdoutEncoding(StandardCharsets.UTF_8)
                .nativeSignals(true)
                // Ctrl-C cancels the line that is being typed. A running command finishes its current step.
                .signalHandler(Terminal.SignalHandler.SIG_IGN)
                .dumb(true)
                .build();
    }

    /** Replaces Spring's message source, which searches for the messages of all languages at the start. */
    @Bean
    MessageSource messageSource() {
        return new NoMessages();
    }

    /**
     * Replaces the validator, because commands check their arguments themselves and a real validator takes longer to
     * start than a command runs.
     */
    @Bean
    Validator noConstraints() {
        return (Validator) Proxy.newProxyInstance(
                ShellConfiguration.class.getClassLoader(),
                new Class<?>[] {Validator.class, ExecutableValidator.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "forExecutables" -> proxy;
                    case "hashCode" -> 0;
                    case "equals" -> arguments[0] != null && Proxy.isProxyClass(arguments[0].getClass());
                    case "toString" -> "no constraints";
                    default -> Set.of();
                });
    }

    @Bean
    CompletionProvider chats(ShellContext shell) {
        return context -> context.getWordIndex() > 0
                ? List.of()
                : proposals(shell.client().addressBook().names());
    }

    @Bean
    CompletionProvider people(ShellContext shell) {
        return context -> context.getWordIndex() > 0
                ? List.of()
                : proposals(shell.client().addressBook().namesOfPeople());
    }

    @Bean
    CompletionProvider peopleAfterOne(ShellContext shell) {
        return context -> context.getWordIndex() == 0
                ? List.of()
                : proposals(shell.client().addressBook().namesOfPeople());
    }

    @Bean
    CompletionProvider groups(ShellContext shell) {
        return context -> context.getWordIndex() > 0
                ? List.of()
                : proposals(shell.client().addressBook().namesOfGroups());
    }

    @Bean
    CompletionProvider onOff() {
        return context -> context.getWordIndex() > 0 ? List.of() : proposals(List.of("on", "off"));
    }

    @Bean
    CompletionProvider commands(ObjectProvider<Commands> commands) {
        return context -> context.getWordIndex() > 0
                ? List.of()
                : proposals(commands.getObject().names().stream()
                        .map(name -> name.split(" ", -1)[0])
                        .distinct()
                        .toList());
    }

    private static List<CompletionProposal> proposals(List<String> values) {
        return values.stream().map(CompletionProposal::new).toList();
    }
}
