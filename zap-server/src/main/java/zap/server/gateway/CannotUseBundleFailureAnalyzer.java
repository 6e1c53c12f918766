package zap.server.gateway;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says what to do when there is no certificate for TLS, instead of a stack trace. */
final class CannotUseBundleFailureAnalyzer extends AbstractFailureAnalyzer<CannotUseBundleException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, CannotUseBundleException cause) {
        String pem = "spring.ssl.bundle.pem." + cause.bundle() + ".keystore";
        return new FailureAnalysis(
                cause.getMessage(),
                "Say where its files are, with --" + pem + ".certificate=… and --" + pem
                        + ".private-key=… (docs/tls.md), or "
                        + "start without --zap.gateway.tls-bundle. To try TLS out, \"./zap certs\" makes all that is needed.",
                cause);
    }
}
