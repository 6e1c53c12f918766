package zap.server;

import java.security.SecureRandom;
import java.time.Clock;
import java.util.Locale;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.context.annotation.Bean;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;
import org.springframework.scheduling.annotation.EnableScheduling;
import zap.server.identity.IdSource;

/** The server process. */
@SpringBootApplication
@ConfigurationPropertiesScan
@EnableScheduling
@EnableJpaRepositories(repositoryImplementationPostfix = "OverJdbc")
public class ZapServer {

    /**
     * Starts the server. It speaks with programs and in one language: digits, calendars and letters of the place where it runs
     * are nothing for it, nor for the libraries it uses.
     */
    public static void main(String[] args) {
        Locale.setDefault(Locale.ROOT);
        SpringApplication.run(ZapServer.class, args);
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
