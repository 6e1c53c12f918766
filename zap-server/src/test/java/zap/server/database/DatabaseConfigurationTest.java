package zap.server.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** Which database it is, by what is set. Where the server's own is really started: {@link DatabaseConfigurationIT}. */
class DatabaseConfigurationTest {

    @Configuration(proxyBeanMethods = false)
    @EnableConfigurationProperties(DatabaseProperties.class)
    static class Properties {}

    private final ApplicationContextRunner runner =
            new ApplicationContextRunner().withUserConfiguration(Properties.class, DatabaseConfiguration.class);

    @Test
    void theEnvironmentNamesAnotherDatabase() {
        var environment = new SystemEnvironmentPropertySource(
                "systemEnvironment",
                Map.of(
                        "ZAP_DATABASE_URL", "jdbc:postgresql://db.example/mail",
                        "ZAP_DATABASE_USER", "messenger",
                        "ZAP_DATABASE_PASSWORD", "secret"));
        runner.withInitializer(
                        context -> context.getEnvironment().getPropertySources().addFirst(environment))
                .run(context -> {
                    Database database = context.getBean(Database.class);
                    assertThat(database.getJdbcUrl())
                            .isEqualTo("jdbc:postgresql://db.example/mail?reWriteBatchedInserts=true");
                    assertThat(database.getUsername()).isEqualTo("messenger");
                    assertThat(database.getPassword()).isEqualTo("secret");
                });
    }

    @Test
    void aUrlKeepsItsOwnWords() {
        assertThat(new GivenDatabase("jdbc:postgresql://h/n?ssl=true", null, null).getJdbcUrl())
                .isEqualTo("jdbc:postgresql://h/n?ssl=true&reWriteBatchedInserts=true");
        assertThat(new GivenDatabase("jdbc:postgresql://h/n?reWriteBatchedInserts=false", null, null).getJdbcUrl())
                .isEqualTo("jdbc:postgresql://h/n?reWriteBatchedInserts=false");
    }

    @Test
    void aDescriptionTellsNoPassword() {
        var database = new GivenDatabase("jdbc:postgresql://h/n?user=u&password=secret", "u", "secret");
        assertThat(database.described()).isEqualTo("postgresql://h/n");
        assertThat(database).asString().doesNotContain("secret");
    }

    @Test
    void aUrlOfAnotherKindIsRefusedByName() {
        runner.withPropertyValues("zap.database.url=jdbc:mysql://h/n")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .message()
                        .contains("zap.database.url", "must begin with jdbc:postgresql:"));
    }
}
