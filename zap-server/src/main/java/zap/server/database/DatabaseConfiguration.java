package zap.server.database;

import java.nio.file.Path;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class DatabaseConfiguration {

    /**
     * The one bean through which Spring learns of the database. The server's own is closed with it, and so after everything
     * that was made from it: Spring takes down what depends on a bean before the bean.
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
