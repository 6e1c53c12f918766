package zap.shell.command;

/** A command cannot do what it was asked: what is wrong and what to do next, in the user's language. */
public final class RefusedCommandException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final ExitCode exitCode;

    public RefusedCommandException(ExitCode exitCode, String message) {
        super(message, null, false, false);
        this.exitCode = exitCode;
    }

    public ExitCode exitCode() {
        return exitCode;
    }
}
