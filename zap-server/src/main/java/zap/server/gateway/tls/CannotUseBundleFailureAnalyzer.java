package zap.server.gateway.tls;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** The advice for a missing or unusable certificate, in place of a stack trace. */
final class CannotUseBundleFailureAnalyzer extends AbstractFailureAnalyzer<CannotUseBundleException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, CannotUseBundleException cause) {
        String pem = "spring.ssl.bundle.pem." + cause.bundle() + ".keystore";
        return new FailureAnalysis(
                cause.getMessage(),
                "Say where its files are, with --" + pem + ".certificate=… and --" + pem
                        + ".private-key=… (docs/tls.md), or "
                        + "start without --zap.gateway.tls-bundle. Both are PEM (they begin with -----BEGIN; \"openssl x509 -inform der\" and"
                        + " \"openssl pkey -inform der\" make it of DER) and belong together; an encrypted key needs --"
                        + pem
                        + ".private-key-password. To try TLS out, \"./zap certs\" makes all that is needed.",
                cause);
    }
}
