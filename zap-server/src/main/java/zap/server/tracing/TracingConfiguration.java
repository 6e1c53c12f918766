package zap.server.tracing;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Traces nothing, unless {@link OpenTelemetryConfiguration} is enabled. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty(name = "zap.tracing.enabled", havingValue = false, matchIfMissing = true)
class TracingConfiguration {

    @Bean
    Tracing tracing() {
        return Tracing.OFF;
    }
}
