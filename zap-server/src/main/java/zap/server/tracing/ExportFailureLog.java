package zap.server.tracing;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs once that the collector rejects or misses the traces, and once that it accepts them again. OpenTelemetry itself
 * logs every failure, with stack traces.
 */
final class ExportFailureLog implements SpanExporter {

    private static final Logger log = LoggerFactory.getLogger(ExportFailureLog.class);

    private final SpanExporter exporter;
    private final String endpoint;
    private final AtomicBoolean failing = new AtomicBoolean();

    ExportFailureLog(SpanExporter exporter, String endpoint) {
        this.exporter = exporter;
        this.endpoint = endpoint;
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        CompletableResultCode result = exporter.export(spans);
        result.whenComplete(() -> announce(result));
        return result;
    }

    private void announce(CompletableResultCode result) {
        if (!result.isSuccess()) {
            if (!failing.getAndSet(true)) {
                log.warn(
                        "Cannot send traces to {} at the moment, they are dropped: {}",
                        endpoint,
                        reason(result.getFailureThrowable()));
            }
        } else if (failing.getAndSet(false)) {
            log.info("Sending traces to {} again", endpoint);
        }
    }

    /**
     * Returns the reason of a failure. OpenTelemetry wraps the connection's error, and gives none when the collector
     * has answered.
     */
    private static String reason(@Nullable Throwable failure) {
        @Nullable Throwable cause = failure == null ? null : failure.getCause();
        return cause == null ? "the collector does not take them" : cause.toString();
    }

    @Override
    public CompletableResultCode flush() {
        return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
        return exporter.shutdown();
    }
}
