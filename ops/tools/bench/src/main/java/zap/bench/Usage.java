package zap.bench;

/** A mistake in the command line. The message names it and its correction. */
final class Usage extends RuntimeException {

    private static final long serialVersionUID = 1;

    Usage(String message) {
        super(message);
    }
}
