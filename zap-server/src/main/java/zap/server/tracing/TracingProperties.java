package zap.server.tracing;

import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Pattern;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Which messages are followed.
 *
 * @param enabled whether some messages are followed from their receipt to their confirmation, and what is seen is sent to a collector of
 *     OpenTelemetry; never the text
 * @param sample how many of all messages are followed: 0.001 is one in a thousand, 1 is all of them
 * @param endpoint where traces are sent to (OTLP over HTTP)
 */
@Validated
@ConfigurationProperties(prefix = "zap.tracing", ignoreUnknownFields = false)
public record TracingProperties(
        @DefaultValue("false") boolean enabled,

        @DefaultValue("0.001") @DecimalMin("0") @DecimalMax("1")
        double sample,

        @DefaultValue("http://127.0.0.1:4318/v1/traces")
        @Pattern(regexp = "https?://.+", message = "must begin with http:// or https://")
        String endpoint) {}
