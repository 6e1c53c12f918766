package zap.server.database;

import java.nio.file.Path;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class DatabaseConfiguration {

    /**
     * Makes the bean through which Spring learns of the database. Spring destroys dependent beans first, so the
     * server's own PostgreSQL is stopped after every bean that uses it.
     */
    @Bean
    Database database(DatabaseProperties properties) {
        String url = properties.url();
        if (url == null || url.isBlank()) {
            return OwnPostgres.start(Path.of(properties.directory()), properties.startTimeout());
        }
        return ExternalDatabase.of(url, properties.user(), properties.password());
    }
}
