package zap.server;

import java.security.SecureRandom;
import java.time.Clock;
import java.util.Locale;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;
import org.springframework.scheduling.annotation.EnableScheduling;
import zap.server.database.Loopback;
import zap.server.gateway.settings.OpenFiles;
import zap.server.identity.IdSource;

/** The server process. */
@SpringBootApplication
@ConfigurationPropertiesScan
@EnableScheduling
// Spring Data finds MailboxStatementsJdbc, the implementation of MailboxStatements, by this ending of its name.
@EnableJpaRepositories(repositoryImplementationPostfix = "Jdbc")
public class ZapServer {

    /** The exit code for words that are no settings: EX_USAGE of sysexits.h. */
    private static final int USAGE = 64;

    public static void main(String[] args) {
        start(args);
    }

    /**
     * Starts the server, and ends the process if that is impossible.
     *
     * <p>Its output is read by programs, and in one language. So the digits, the calendar and the letters of the host's
     * locale are not used, neither by the server nor by its libraries.
     *
     * @param args {@code --name=value}: its configuration
     * @return the running server; closing it stops it
     */
    public static ConfigurableApplicationContext start(String... args) {
        Locale.setDefault(Locale.ROOT);
        ServerArguments.fault(args).ifPresent(why -> refuse(USAGE, why));
        // Before anything else: with very few open files, the start would fail before it could report that.
        OpenFiles.tooFew().ifPresent(why -> refuse(1, why));
        var application = new SpringApplication(ZapServer.class);
        Loopback.address()
                .ifPresent(address -> application.setDefaultProperties(Map.of("this-machine.loopback", address)));
        return application.run(args);
    }

    private static void refuse(int exitCode, String why) {
        System.err.println("zap does not start. " + why);
        System.exit(exitCode);
    }

    @Bean
    Clock clock() {
        return Clock.systemUTC();
    }

    @Bean
    IdSource idSource() {
        return new IdSource(new SecureRandom());
    }
}
