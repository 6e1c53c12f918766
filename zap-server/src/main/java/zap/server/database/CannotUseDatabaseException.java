package zap.server.database;

/** The server's own PostgreSQL cannot be had. The message says why, the advice what a person can do about it. */
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

    String advice() {
        return advice;
    }
}
