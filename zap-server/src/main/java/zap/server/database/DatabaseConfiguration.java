package zap.server.database;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;

@Configuration(proxyBeanMethods = false)
class DatabaseConfiguration {

    /**
     * Makes the bean through which Spring learns of the database. Spring destroys dependent beans first, so the
     * server's own PostgreSQL is stopped after every bean that uses it.
     *
     * @param given the connection details of other beans, as the tests of Spring Boot and its service connections bring
     *     them: they come before zap.database.url
     */
    @Bean
    @Primary
    Database database(DatabaseProperties properties, @Nullable List<JdbcConnectionDetails> given) {
        if (given != null && !given.isEmpty()) {
            JdbcConnectionDetails details = given.getFirst();
            return ExternalDatabase.of(details.getJdbcUrl(), details.getUsername(), details.getPassword());
        }
        String url = properties.url();
        if (url == null || url.isBlank()) {
            return OwnPostgres.start(Path.of(properties.directory()), properties.startTimeout());
        }
        return ExternalDatabase.of(url, properties.user(), properties.password());
    }

    /** Makes the pool use only the primary of an external database. */
    @Bean
    static PrimaryPoolPostProcessor primaryPoolPostProcessor(
            ObjectProvider<Database> database,
            ObjectProvider<DatabaseProperties> properties,
            ApplicationEventPublisher events) {
        return new PrimaryPoolPostProcessor(database, properties, events);
    }
}
