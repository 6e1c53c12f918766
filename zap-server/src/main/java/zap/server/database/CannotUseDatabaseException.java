package zap.server.database;

/** The database cannot be used. The message gives the reason, the advice says what the operator can do. */
public sealed class CannotUseDatabaseException extends RuntimeException permits DataFolderInUseException {

    private static final long serialVersionUID = 1;

    private final String advice;

    CannotUseDatabaseException(String message, String advice) {
        super(message);
        this.advice = advice;
    }

    CannotUseDatabaseException(String message, String advice, Throwable cause) {
        super(message, cause);
        this.advice = advice;
    }

    /** Returns a sentence about what the operator can do. */
    public String advice() {
        return advice;
    }
}
