package zap.server.tracing;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.info.BuildProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * OpenTelemetry, when an operator asks for it. Of its functions, it only makes spans and exports them. Spans that are
 * not exported in time are dropped, and no message waits for them.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty("zap.tracing.enabled")
class OpenTelemetryConfiguration {

    private static final Logger log = LoggerFactory.getLogger(Tracing.class);

    /**
     * Maximum number of traced entries, of half a kilobyte each. It exceeds the number that wait for their recipients
     * for a few seconds. When even more wait, the oldest have already shown the problem.
     */
    private static final int MOST_ENTRIES = 10_000;

    private static final Duration SENT_EVERY = Duration.ofSeconds(1);
    /**
     * Maximum time for an export. A slower collector misses spans, and a stopping server waits no longer for it either.
     */
    private static final Duration SENT_WITHIN = Duration.ofSeconds(3);

    @Bean
    SdkTracerProvider tracerProvider(
            TracingProperties properties,
            @Value("${spring.application.name}") String name,
            ObjectProvider<BuildProperties> build) {
        var service = Attributes.builder()
                .put(AttributeKey.stringKey("service.name"), name)
                .put(AttributeKey.doubleKey("zap.tracing.sample"), properties.sample());
        build.ifAvailable(known -> service.put(AttributeKey.stringKey("service.version"), known.getVersion()));
        // Without retries: spans that cannot be exported now are worth less than the next ones.
        OtlpHttpSpanExporter exporter = OtlpHttpSpanExporter.builder()
                .setEndpoint(properties.endpoint())
                .setTimeout(SENT_WITHIN)
                .setConnectTimeout(SENT_WITHIN)
                .setRetryPolicy(null)
                .build();
        return SdkTracerProvider.builder()
                .setResource(Resource.getDefault().merge(Resource.create(service.build())))
                .addSpanProcessor(BatchSpanProcessor.builder(new ExportFailureLog(exporter, properties.endpoint()))
                        .setScheduleDelay(SENT_EVERY)
                        .setExporterTimeout(SENT_WITHIN)
                        .build())
                .build();
    }

    @Bean
    Tracing tracing(SdkTracerProvider provider, Clock clock, TracingProperties properties) {
        log.info(
                "Tracing a share of {} of all messages, and sending the traces to {}",
                properties.sample(),
                properties.endpoint());
        return new OpenTelemetryTracing(
                provider.get("zap"),
                clock,
                properties.sample(),
                () -> ThreadLocalRandom.current().nextDouble(),
                MOST_ENTRIES);
    }
}
