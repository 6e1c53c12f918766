package zap.shell.command.context;

/**
 * Signals that a command cannot do its work. The message tells the user, in their language, what is wrong and what to
 * do next.
 */
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
