package zap.server.ops;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.validation.BindValidationException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.io.support.SpringFactoriesLoader;
import zap.server.SettingGroups;
import zap.server.cluster.ClusterProperties;
import zap.server.gateway.settings.GatewayProperties;
import zap.server.mailbox.MailboxProperties;
import zap.server.tracing.TracingProperties;

class PropertiesTest {

    @EnableConfigurationProperties({
        SettingGroups.class,
        AdminProperties.class,
        ClusterProperties.class,
        GatewayProperties.class,
        MailboxProperties.class,
        TracingProperties.class
    })
    static class Bound {}

    private final ApplicationContextRunner context = new ApplicationContextRunner().withUserConfiguration(Bound.class);

    @Test
    void theDefaultsCanBeUsed() {
        context.run(running -> {
            assertThat(running).hasNotFailed();
            assertThat(running.getBean(GatewayProperties.class).port()).isEqualTo(7777);
            assertThat(running.getBean(GatewayProperties.class).recvPort()).isEqualTo(7778);
        });
    }

    @ParameterizedTest
    @CsvSource({
        "zap.gateway.port, 99999",
        "zap.gateway.recv-port, -2",
        "zap.gateway.tls-port, -1",
        "zap.gateway.recv-port, seven",
        "zap.gateway.address, not an address",
        "zap.gateway.silence, PT0S",
        "zap.gateway.slow-consumer, 30 parrots",
        "zap.gateway.send-buffer, much",
        "zap.gateway.prot, 7777",
        "zap.cluster.address, one:two",
        "zap.cluster.port, 99999",
        "zap.mailbox.max-bach, 500",
        "zap.mailbox.max-batch, 0",
        "zap.mailbox.max-waiting, none",
        "zap.mailbox.forget-every, yesterday",
        "zap.mailbox.forget-every, PT0S",
        "zap.tracing.sample, 1.5",
        "zap.tracing.endpoint, a parrot",
        "zap.tracing.sampel, 1",
        "zap.short-frames.port, 7778",
        "zap.port, 7777"
    })
    void aValueThatCannotBeUsedEndsTheStartWithAMessageThatNamesItsProperty(String property, String value) {
        context.withPropertyValues(property + "=" + value).run(running -> {
            assertThat(running).hasFailed();
            assertThat(whatAPersonReads(running.getStartupFailure())).contains(property.replaceAll("-.*", ""), value);
        });
    }

    @ParameterizedTest
    @CsvSource({
        "zap.admin.token, sesame",
        "zap.admin.tokken, sesame-sesame-sesame",
        "zap.admin.token, open-${sesame}",
        "zap.gateway.key, sesame",
        "zap.tracing.endpoint, ftp://u:sesame@h/"
    })
    void aValueThatMayBeASecretIsNotShown(String property, String value) {
        context.withPropertyValues(property + "=" + value).run(running -> {
            assertThat(running).hasFailed();
            assertThat(whatAPersonReads(running.getStartupFailure()))
                    .contains(property)
                    .doesNotContain("sesame");
        });
    }

    /** Returns the text that Spring Boot prints instead of a stack trace. */
    private static String whatAPersonReads(Throwable failure) {
        return SpringFactoriesLoader.forDefaultResourceLocation()
                .load(FailureAnalyzer.class, SpringFactoriesLoader.FailureHandler.handleMessage((_, _) -> {}))
                .stream()
                .map(analyzer -> analyzer.analyze(failure))
                .filter(analysis -> analysis != null && isAboutBinding(analysis))
                .map(FailureAnalysis::getDescription)
                .findFirst()
                .orElse("nothing");
    }

    private static boolean isAboutBinding(FailureAnalysis analysis) {
        return analysis.getCause() instanceof BindException
                || analysis.getCause() instanceof BindValidationException
                || analysis.getDescription().startsWith("Failed to bind properties");
    }
}
