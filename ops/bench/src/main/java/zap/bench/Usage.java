package zap.bench;

/** What was typed makes no sense. The message says what, and what would. */
final class Usage extends RuntimeException {

    private static final long serialVersionUID = 1;

    Usage(String message) {
        super(message);
    }
}
