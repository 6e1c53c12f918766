package zap.server.gateway;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says what to do when a port is taken, instead of a stack trace. */
final class CannotListenFailureAnalyzer extends AbstractFailureAnalyzer<CannotListenException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, CannotListenException cause) {
        return new FailureAnalysis(
                cause.getMessage(),
                "Stop whatever listens on port " + cause.port()
                        + " (perhaps another zap server), or choose other ports with "
                        + "--zap.gateway.port=…, --zap.gateway.recv-port=… and --zap.gateway.tls-port=….",
                cause);
    }
}
