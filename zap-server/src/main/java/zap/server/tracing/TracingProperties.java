package zap.server.tracing;

import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Pattern;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * The settings of tracing.
 *
 * @param enabled trace some messages from their receipt to their confirmation, and send the traces to an OpenTelemetry
 *     collector; they never contain the text
 * @param sample share of all messages that is traced: 0.001 is one in a thousand, 1 is all of them
 * @param endpoint the collector's address (OTLP over HTTP)
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
