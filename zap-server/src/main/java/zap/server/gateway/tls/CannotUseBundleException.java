package zap.server.gateway.tls;

/** The SSL bundle of the TLS listener is missing or cannot be used. */
final class CannotUseBundleException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final String bundle;

    CannotUseBundleException(String bundle, Exception cause) {
        super("The SSL bundle \"" + bundle + "\" cannot be used for TLS: " + TlsBundle.reason(cause), cause);
        this.bundle = bundle;
    }

    String bundle() {
        return bundle;
    }
}
