package zap.shell;

import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.context.logging.LoggingApplicationListener;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.context.aot.AbstractAotProcessor;
import org.springframework.shell.core.autoconfigure.ShellRunnerAutoConfiguration;
import zap.shell.command.Desk;
import zap.shell.command.ExitCode;
import zap.shell.command.Invocation;
import zap.shell.command.ShellConfiguration;
import zap.shell.command.Style;
import zap.shell.command.Words;
import zap.shell.store.Profile;

/**
 * {@code zap shell}: see docs/client.md.
 *
 * <p>Of all automatic configuration it takes Spring Shell's runner alone, and its own by name: looking for more, and making what nobody
 * needs, would take longer than a command does.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@ImportAutoConfiguration(ShellRunnerAutoConfiguration.class)
@Import(ShellConfiguration.class)
public class ZapShell {

    public static void main(String[] args) {
        if (Boolean.getBoolean(AbstractAotProcessor.AOT_PROCESSING)) {
            // The build wants to know the beans, which are the same for everybody; it is nobody, and has no profile.
            application(Map.of(), List.of()).run();
            return;
        }
        var words = new Words(language(System.getenv()));
        Invocation invocation;
        Profile profile;
        try {
            invocation = Invocation.of(args);
        } catch (Invocation.Unreadable e) {
            System.err.println(words.say("error.call", String.valueOf(e.getMessage())));
            System.exit(ExitCode.USAGE.code());
            return;
        }
        try {
            profile = Profile.named(invocation.profile(), System.getenv(), Path.of(System.getProperty("user.home")));
            profile.make();
            Profile.privateFile(profile.log());
        } catch (IllegalArgumentException e) {
            System.err.println(words.say("error.profile", invocation.profile()));
            System.exit(ExitCode.USAGE.code());
            return;
        } catch (IOException e) {
            System.err.println(words.say("error.profile-folder", String.valueOf(e.getMessage())));
            System.exit(ExitCode.FAILED.code());
            return;
        }
        ApplicationContext context =
                application(desk(invocation, profile, words), profile).run();
        System.exit(SpringApplication.exit(context));
    }

    private static Desk desk(Invocation invocation, Profile profile, Words words) {
        boolean terminal = isTerminal(System.console());
        boolean interactive = invocation.words().isEmpty() && terminal;
        @Nullable String noColour = System.getenv("NO_COLOR");
        boolean colour = switch (invocation.colour()) {
            case ALWAYS -> true;
            case NEVER -> false;
            case AUTO -> terminal && (noColour == null || noColour.isEmpty()) && !"dumb".equals(System.getenv("TERM"));
        };
        boolean ascii = invocation.ascii()
                || !StandardCharsets.UTF_8.name().equalsIgnoreCase(System.getProperty("native.encoding"));
        return new Desk(invocation, profile, words, new Style(colour, ascii), interactive);
    }

    /** The language that the user's environment names, also where the system does not have its locale. */
    static Locale language(Map<String, String> environment) {
        for (String name : List.of("ZAP_LANG", "LC_ALL", "LC_MESSAGES", "LANG")) {
            @Nullable String value = environment.get(name);
            if (value != null && !value.isEmpty()) {
                String tag = value.replaceAll("[.@].*", "").replace('_', '-');
                return tag.equals("C") || tag.equals("POSIX") ? Locale.ENGLISH : Locale.forLanguageTag(tag);
            }
        }
        return Locale.getDefault(Locale.Category.DISPLAY);
    }

    private static boolean isTerminal(@Nullable Console console) {
        return console != null && console.isTerminal();
    }

    private static SpringApplication application(Desk desk, Profile profile) {
        // In a singleton's place and not as a definition: what is made here and now cannot be made by the build.
        return application(
                Map.of("logging.file.name", profile.log().toString()),
                List.of(context -> context.getBeanFactory().registerSingleton("desk", desk)));
    }

    private static SpringApplication application(
            Map<String, Object> more, List<ApplicationContextInitializer<ConfigurableApplicationContext>> initializers) {
        var application = new SpringApplication(ZapShell.class);
        application.setBannerMode(Banner.Mode.OFF);
        application.setWebApplicationType(WebApplicationType.NONE);
        application.setLogStartupInfo(false);
        application.setLazyInitialization(true);
        application.setRegisterShutdownHook(false);
        // Of what Boot does before there are beans, a client needs the log; it has no configuration files, clouds or restarts.
        application.setListeners(List.of(new LoggingApplicationListener()));
        // A message may hold --what=ever, and it is no property of ours.
        application.setAddCommandLineProperties(false);
        Map<String, Object> properties = new HashMap<>(more);
        // Standard output is for answers only.
        properties.put("logging.threshold.console", "off");
        properties.put("logging.level.root", "warn");
        properties.put("logging.level.zap", "info");
        properties.put("logging.logback.rollingpolicy.max-file-size", "1MB");
        properties.put("logging.logback.rollingpolicy.max-history", "2");
        properties.put("spring.jmx.enabled", "false");
        application.setDefaultProperties(properties);
        initializers.forEach(application::addInitializers);
        return application;
    }
}
