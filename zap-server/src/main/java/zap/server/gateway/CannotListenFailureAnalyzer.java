package zap.server.gateway;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains why a port cannot be listened on and what to do, in place of a stack trace. */
final class CannotListenFailureAnalyzer extends AbstractFailureAnalyzer<CannotListenException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, CannotListenException cause) {
        return new FailureAnalysis(
                cause.getMessage(),
                ListenAdvice.advice(
                        cause.port(),
                        cause.address(),
                        "zap.gateway.address",
                        "--zap.gateway.port=…, --zap.gateway.recv-port=… or --zap.gateway.tls-port=…",
                        String.valueOf(cause.getMessage())),
                cause);
    }
}
