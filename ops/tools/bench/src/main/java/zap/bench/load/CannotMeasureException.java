package zap.bench.load;

/** Something does not work that has to before anything can be measured. The message is for the person who asked. */
public final class CannotMeasureException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public CannotMeasureException(String message, Throwable cause) {
        super(message, cause);
    }

    public CannotMeasureException(String message) {
        super(message);
    }
}
