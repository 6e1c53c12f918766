package zap.shell;

import java.io.Console;
import java.io.IOException;
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
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.shell.core.autoconfigure.SpringShellAutoConfiguration;
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
 * <p>Of Boot's automatic configuration it takes Spring Shell's alone, and its own by name: looking for more would take longer than a
 * command does.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@ImportAutoConfiguration(SpringShellAutoConfiguration.class)
@Import(ShellConfiguration.class)
public class ZapShell {

    public static void main(String[] args) {
        var words = new Words(Locale.getDefault(Locale.Category.DISPLAY));
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
        boolean ascii = invocation.ascii() || !"UTF-8".equalsIgnoreCase(System.getProperty("native.encoding"));
        return new Desk(invocation, profile, words, new Style(colour, ascii), interactive);
    }

    private static boolean isTerminal(@Nullable Console console) {
        return console != null && console.isTerminal();
    }

    private static SpringApplication application(Desk desk, Profile profile) {
        var application = new SpringApplication(ZapShell.class);
        application.setBannerMode(Banner.Mode.OFF);
        application.setWebApplicationType(WebApplicationType.NONE);
        application.setLogStartupInfo(false);
        application.setLazyInitialization(true);
        application.setRegisterShutdownHook(false);
        // A message may hold --what=ever, and it is no property of ours.
        application.setAddCommandLineProperties(false);
        Map<String, Object> properties = new HashMap<>();
        properties.put("logging.file.name", profile.log().toString());
        // Standard output is for answers only.
        properties.put("logging.threshold.console", "off");
        properties.put("logging.level.root", "warn");
        properties.put("logging.level.zap", "info");
        properties.put("logging.logback.rollingpolicy.max-file-size", "1MB");
        properties.put("logging.logback.rollingpolicy.max-history", "2");
        // All commands are our own.
        for (String command : List.of("help", "clear", "version", "script", "history")) {
            properties.put("spring.shell.command." + command + ".enabled", "false");
        }
        properties.put("spring.shell.history.enabled", "false");
        properties.put("spring.jmx.enabled", "false");
        application.setDefaultProperties(properties);
        application.addInitializers((ConfigurableApplicationContext context) ->
                ((GenericApplicationContext) context).registerBean(Desk.class, () -> desk));
        return application;
    }
}
