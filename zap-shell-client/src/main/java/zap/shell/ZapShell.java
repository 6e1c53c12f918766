package zap.shell;

import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.BeanDefinitionRegistryPostProcessor;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.AnnotationConfigUtils;
import org.springframework.context.annotation.Import;
import org.springframework.context.aot.AbstractAotProcessor;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.shell.core.autoconfigure.ShellRunnerAutoConfiguration;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.Invocation;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.Style;
import zap.shell.command.context.Texts;
import zap.shell.command.runner.ShellConfiguration;
import zap.shell.log.ProfileLog;
import zap.shell.store.Profile;

/**
 * The client program {@code zap shell}: see docs/client.md.
 *
 * <p>Of all automatic configuration it takes Spring Shell's runner alone, by name. Searching for more, and creating
 * beans that no command needs, would take longer than a command does.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@ImportAutoConfiguration(ShellRunnerAutoConfiguration.class)
@Import(ShellConfiguration.class)
public class ZapShell {

    private static final String ADDRESS_ORDER = "java.net.preferIPv6Addresses";

    public static void main(String[] args) {
        if (Boolean.getBoolean(AbstractAotProcessor.AOT_PROCESSING)) {
            // The build reads the beans, which are the same for every profile; it has no profile itself.
            application(List.of()).run();
            return;
        }
        if (System.getProperty(ADDRESS_ORDER) == null) {
            // The addresses of a name in the order of the system (RFC 6724), before the first one is looked up.
            System.setProperty(ADDRESS_ORDER, "system");
        }
        var texts = new Texts(language(System.getenv()));
        @Nullable String notUtf8 = System.getProperty("zap.not-utf8");
        if (notUtf8 != null) {
            System.err.println(
                    texts.say(notUtf8.matches("\\d+") ? "error.word-not-utf8" : "error.variable-not-utf8", notUtf8));
            System.exit(ExitCode.BAD_DATA.code());
            return;
        }
        Invocation invocation;
        Profile profile;
        try {
            invocation = Invocation.of(args);
        } catch (Invocation.Unreadable e) {
            System.err.println(texts.say("error.call", String.valueOf(e.getMessage())));
            System.exit(ExitCode.USAGE.code());
            return;
        }
        try {
            profile = Profile.named(invocation.profile(), System.getenv(), home());
            ProfileLog.into(profile.log());
            makeFiles(profile);
        } catch (Profile.NoHomeException _) {
            System.err.println(texts.say("error.no-home"));
            System.exit(ExitCode.USAGE.code());
            return;
        } catch (IllegalArgumentException e) {
            System.err.println(texts.say("error.profile", invocation.profile()));
            System.exit(ExitCode.USAGE.code());
            return;
        } catch (IOException e) {
            System.err.println(texts.say("error.profile-folder", String.valueOf(e.getMessage())));
            System.exit(ExitCode.FAILED.code());
            return;
        }
        ApplicationContext context =
                application(shellContext(invocation, profile, texts)).run();
        System.exit(SpringApplication.exit(context));
    }

    /** Creates the files of a profile. On a disk that cannot be written, an existing profile can still be read. */
    private static void makeFiles(Profile profile) throws IOException {
        try {
            profile.make();
            Profile.privateFile(profile.log());
        } catch (IOException e) {
            if (!Files.isRegularFile(profile.database())) {
                throw e;
            }
        }
    }

    private static ShellContext shellContext(Invocation invocation, Profile profile, Texts texts) {
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
        return new ShellContext(invocation, profile, texts, new Style(colour, ascii), interactive);
    }

    /**
     * Returns the language of the user's environment, also where the system does not have its locale. {@code
     * SameLanguageTest} sees to it that {@code ./zap check} and {@code ./zap watch} choose the same.
     */
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

    private static SpringApplication application(ShellContext shell) {
        // A registered singleton and not a definition, because the build cannot create this object.
        return application(List.of(context -> context.getBeanFactory().registerSingleton("shellContext", shell)));
    }

    private static SpringApplication application(
            List<ApplicationContextInitializer<ConfigurableApplicationContext>> more) {
        var application = new SpringApplication(ZapShell.class) {
            @Override
            protected void bindToSpringApplication(ConfigurableEnvironment environment) {
                // There are no spring.main properties: all settings are here.
            }
        };
        application.setBannerMode(Banner.Mode.OFF);
        application.setWebApplicationType(WebApplicationType.NONE);
        application.setLogStartupInfo(false);
        application.setLazyInitialization(true);
        application.setRegisterShutdownHook(false);
        // A message may contain --what=ever, which is not a property.
        application.setAddCommandLineProperties(false);
        // A client has no configuration files, clouds, restarts and properties. Boot's work for these, before there are
        // beans, would take longer than most commands. ProfileLog sets up the log.
        application.setListeners(List.of());
        application.setAddConversionService(false);
        var initializers = new ArrayList<ApplicationContextInitializer<?>>(more);
        initializers.add((ConfigurableApplicationContext context) -> context.addBeanFactoryPostProcessor(
                (BeanDefinitionRegistryPostProcessor) ZapShell::withoutEventListenerMethods));
        application.setInitializers(initializers);
        return application;
    }

    /**
     * Removes the search for {@code @EventListener}: no bean has such a method, and the search goes through all methods
     * of all beans.
     */
    private static void withoutEventListenerMethods(BeanDefinitionRegistry registry) {
        for (String name : List.of(
                AnnotationConfigUtils.EVENT_LISTENER_PROCESSOR_BEAN_NAME,
                AnnotationConfigUtils.EVENT_LISTENER_FACTORY_BEAN_NAME)) {
            if (registry.containsBeanDefinition(name)) {
                registry.removeBeanDefinition(name);
            }
        }
    }

    /**
     * Returns the home directory of the user's shell. Java takes it from the system's list of users, which is another
     * place for a user who has set HOME.
     */
    private static Path home() {
        @Nullable String home = System.getenv("HOME");
        return Path.of(home == null || home.isBlank() ? System.getProperty("user.home", "") : home);
    }
}
