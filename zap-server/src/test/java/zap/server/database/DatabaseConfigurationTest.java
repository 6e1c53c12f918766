package zap.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.support.SpringFactoriesLoader;

/** The choice of the database by the settings. {@link DatabaseConfigurationIT} really starts the server's own. */
class DatabaseConfigurationTest {

    private static final String LIMITS = "connectTimeout=5&socketTimeout=30&tcpKeepAlive=true";
    private static final String DEFAULTS = "reWriteBatchedInserts=true&" + LIMITS;

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
                    assertThat(database.getJdbcUrl()).isEqualTo("jdbc:postgresql://db.example/mail?" + DEFAULTS);
                    assertThat(database.getUsername()).isEqualTo("messenger");
                    assertThat(database.getPassword()).isEqualTo("secret");
                });
    }

    @Test
    void theConnectionDetailsOfAnotherBeanComeBeforeTheUrl() {
        runner.withBean("details", JdbcConnectionDetails.class, GivenDetails::new)
                .withPropertyValues(
                        "zap.database.url=jdbc:postgresql://other/other",
                        "zap.database.user=other",
                        "zap.database.password=other")
                .run(context -> {
                    JdbcConnectionDetails used = context.getBean(JdbcConnectionDetails.class);
                    assertThat(used).isSameAs(context.getBean(Database.class));
                    assertThat(used.getJdbcUrl()).isEqualTo("jdbc:postgresql://h:5432/n?" + DEFAULTS);
                    assertThat(used.getUsername()).isEqualTo("messenger");
                    assertThat(used.getPassword()).isEqualTo("secret");
                });
    }

    /** The details of a database that a test starts. */
    private static final class GivenDetails implements JdbcConnectionDetails {

        @Override
        public String getJdbcUrl() {
            return "jdbc:postgresql://h:5432/n";
        }

        @Override
        public String getUsername() {
            return "messenger";
        }

        @Override
        public String getPassword() {
            return "secret";
        }
    }

    @Test
    void aUrlKeepsItsOwnWords() {
        assertThat(ExternalDatabase.of("jdbc:postgresql://h/n?ssl=true", null, null)
                        .getJdbcUrl())
                .isEqualTo("jdbc:postgresql://h/n?ssl=true&" + DEFAULTS);
        assertThat(ExternalDatabase.of("jdbc:postgresql://h/n?reWriteBatchedInserts=false", null, null)
                        .getJdbcUrl())
                .isEqualTo("jdbc:postgresql://h/n?reWriteBatchedInserts=false&" + LIMITS);
        assertThat(ExternalDatabase.of("postgres://h/n?keepalives=0&connect_timeout=1&socketTimeout=0", null, null)
                        .getJdbcUrl())
                .isEqualTo("jdbc:postgresql://h/n?tcpKeepAlive=false&connectTimeout=1&socketTimeout=0"
                        + "&reWriteBatchedInserts=true");
    }

    @Test
    void ofSeveralHostsThePrimaryIsUsedUnlessTheUrlSaysOtherwise() {
        assertThat(ExternalDatabase.of("jdbc:postgresql://a,b:5433/n", null, null)
                        .getJdbcUrl())
                .isEqualTo("jdbc:postgresql://a,b:5433/n?" + DEFAULTS + "&targetServerType=primary");
        assertThat(ExternalDatabase.of("postgres://a,b/n?target_session_attrs=any", null, null)
                        .getJdbcUrl())
                .isEqualTo("jdbc:postgresql://a,b/n?targetServerType=any&" + DEFAULTS);
    }

    @Test
    void eachHostCanBeAskedAlone() {
        ExternalDatabase database = ExternalDatabase.of("postgres://u:s@a,[::1]:5433/n?sslmode=require", null, null);
        assertThat(database.hosts())
                .extracting(ExternalDatabase::getJdbcUrl)
                .containsExactly(
                        "jdbc:postgresql://a/n?sslmode=require&" + DEFAULTS,
                        "jdbc:postgresql://[::1]:5433/n?sslmode=require&" + DEFAULTS);
        assertThat(database.hosts()).allMatch(host -> "s".equals(host.getPassword()));
        assertThat(ExternalDatabase.of("jdbc:postgresql:n", null, null).hosts())
                .extracting(ExternalDatabase::getJdbcUrl)
                .containsExactly("jdbc:postgresql:n?" + DEFAULTS);
    }

    @Test
    void aLoginHasLimitsOfItsOwn() {
        ExternalDatabase database = ExternalDatabase.of("jdbc:postgresql://h/n?socketTimeout=0", null, null);
        String others = "&reWriteBatchedInserts=true";
        assertThat(database.urlForLogin(10))
                .isEqualTo("jdbc:postgresql://h/n?socketTimeout=10" + others + "&connectTimeout=5&tcpKeepAlive=true");
        assertThat(database.urlForLook(2)).contains("socketTimeout=2&", "loginTimeout=2");
        assertThat(ExternalDatabase.of("jdbc:postgresql://h/n?socketTimeout=7", null, null)
                        .socketTimeout())
                .isEqualTo(7);
    }

    @Test
    void aDescriptionTellsNoPassword() {
        var database = ExternalDatabase.of("jdbc:postgresql://h/n?user=u&password=secret", "u", "secret");
        assertThat(database.described()).isEqualTo("postgresql://h/n");
        assertThat(database).asString().doesNotContain("secret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgres://mes%40:s%2Fcret@h:5432/n?sslmode=require&connect_timeout=3",
                "postgresql://mes%40:s%2Fcret@h:5432/n?sslmode=require&connect_timeout=3",
                "jdbc:postgresql://mes%40:s%2Fcret@h:5432/n?sslmode=require&connect_timeout=3",
                "jdbc:postgresql://h:5432/n?user=mes%40&sslmode=require&password=s%2Fcret&connectTimeout=3",
            })
    void whoToBeMayStandInTheAddressAndIsTakenOutOfIt(String url) {
        ExternalDatabase database = ExternalDatabase.of(url, null, null);
        assertThat(database.getJdbcUrl())
                .isEqualTo(
                        "jdbc:postgresql://h:5432/n?sslmode=require&connectTimeout=3&reWriteBatchedInserts=true&socketTimeout=30"
                                + "&tcpKeepAlive=true");
        assertThat(database.getUsername()).isEqualTo("mes@");
        assertThat(database.getPassword()).isEqualTo("s/cret");
        assertThat(database.described()).isEqualTo("postgresql://h:5432/n");
    }

    @Test
    void whatIsSaidBesideTheAddressCounts() {
        ExternalDatabase database = ExternalDatabase.of("postgres://u:one@h/n", "other", "two");
        assertThat(database.getUsername()).isEqualTo("other");
        assertThat(database.getPassword()).isEqualTo("two");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://h:secret/n",
                "postgres://u:se/cret?@h/n",
                "postgres:u:secret@h/n",
                "postgres://u@secret:h:n/",
                "mysql://u:secret@h/n"
            })
    void anAddressThatCannotBeReadIsNotShown(String url) {
        assertThatThrownBy(() -> ExternalDatabase.of(url, null, null))
                .isInstanceOf(CannotUseDatabaseException.class)
                .hasMessageContaining("zap.database.url")
                .satisfies(e -> assertThat(e.getMessage() + e.getCause()).doesNotContain("secret"));
    }

    @ParameterizedTest
    @CsvSource({
        "28P01, zap.database.password",
        "28000, pg_hba.conf",
        "3D000, create database",
        "42501, grant usage",
        "25006, primary",
        "26000, prepareThreshold=0",
        "42P05, prepareThreshold=0",
        "53300, max_connections",
        "57P03, starting",
        "08001, zap.database.url",
        "XX000, log"
    })
    void eachErrorOfADatabaseHasItsCureAndShowsNoPassword(String state, String cure) {
        var failure = DatabaseFailure.of(
                "postgresql://h/n", "sesame", new SQLException("FATAL: it is so, sesame\n  Position: 3", state));
        FailureAnalysis analysis = new CannotUseDatabaseFailureAnalyzer().analyze(failure);
        assertThat(analysis.getDescription())
                .isEqualTo("The PostgreSQL of zap.database.url (postgresql://h/n) cannot be used: FATAL: it is so, …");
        assertThat(analysis.getAction()).contains(cure, "docs/runbook.md");
    }

    /** A password in an address of another kind, or under a mistyped name. */
    @ParameterizedTest
    @CsvSource({"zap.database.url, mysql://u:sesame@h/n", "zap.database.pasword, sesame"})
    void aValueThatMayBeASecretIsNotShown(String property, String value) {
        runner.withPropertyValues(property + "=" + value).run(context -> {
            assertThat(context).hasFailed();
            List<FailureAnalyzer> analyzers = SpringFactoriesLoader.forDefaultResourceLocation()
                    .load(FailureAnalyzer.class, SpringFactoriesLoader.FailureHandler.handleMessage((_, _) -> {}));
            FailureAnalysis analysis = analyzers.stream()
                    .map(analyzer -> analyzer.analyze(context.getStartupFailure()))
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElseThrow();
            assertThat(analysis.getDescription() + analysis.getAction() + analysis.getCause())
                    .contains(property)
                    .doesNotContain("sesame");
        });
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
