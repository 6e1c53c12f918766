package zap.server.gateway.tls;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.ssl.NoSuchSslBundleException;

/**
 * The explanation of an SSL bundle that Spring Boot itself could not read: it registers all bundles before one is used,
 * and the actuator uses its own before the listeners do.
 */
final class BundleNotReadFailureAnalyzer implements FailureAnalyzer {

    private static final Pattern REGISTERED = Pattern.compile("Unable to register SSL bundle '(.+)'.*");
    private static final Pattern USED =
            Pattern.compile("(Could not load SSL context|Unable to create (key|trust) store).*");

    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage());
            Matcher registered = REGISTERED.matcher(message);
            if (cause instanceof CannotUseBundleException) {
                return null; // which has an analyzer of its own
            }
            if (registered.matches()) {
                return told(registered.group(1), cause.getCause() == null ? cause : cause.getCause());
            }
            if (cause instanceof NoSuchSslBundleException missing) {
                return told(missing.getBundleName(), cause);
            }
            if (USED.matcher(message).matches()) {
                return told("NAME", cause);
            }
        }
        return null;
    }

    private static @Nullable FailureAnalysis told(String bundle, Throwable cause) {
        Exception told = cause instanceof Exception exception ? exception : new IllegalStateException(cause);
        return new CannotUseBundleFailureAnalyzer().analyze(new CannotUseBundleException(bundle, told));
    }
}
