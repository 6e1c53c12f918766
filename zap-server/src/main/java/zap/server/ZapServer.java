package zap.server;

import java.security.SecureRandom;
import java.time.Clock;
import java.util.Locale;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
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
@EnableJpaRepositories(repositoryImplementationPostfix = "Jdbc")
public class ZapServer {

    /**
     * Starts the server. It speaks with programs and in one language: digits, calendars and letters of the place where it runs
     * are nothing for it, nor for the libraries it uses.
     */
    public static void main(String[] args) {
        Locale.setDefault(Locale.ROOT);
        // Before anything else, for with very few of them nothing else would come so far as to say so.
        OpenFiles.tooFew().ifPresent(why -> {
            System.err.println("zap does not start. " + why);
            System.exit(1);
        });
        var application = new SpringApplication(ZapServer.class);
        Loopback.address()
                .ifPresent(address -> application.setDefaultProperties(Map.of("this-machine.loopback", address)));
        application.run(args);
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
