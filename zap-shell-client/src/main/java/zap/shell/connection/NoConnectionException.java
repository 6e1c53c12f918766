package zap.shell.connection;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.util.Comparator;
import java.util.List;

/** Thrown when no address of a server accepts a connection. The cause is the most telling failure. */
final class NoConnectionException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient List<Failure> failures;

    /** The failure of an attempt to connect to an address. */
    record Failure(ServerAddress address, IOException exception) {}

    /** @param failures in the order of the attempts; at least one */
    NoConnectionException(List<Failure> failures) {
        super(failures.toString(), mostTelling(failures));
        this.failures = List.copyOf(failures);
        failures.stream()
                .map(Failure::exception)
                .filter(exception -> !exception.equals(getCause()))
                .forEach(this::addSuppressed);
    }

    List<Failure> failures() {
        return failures;
    }

    /** Returns the attempts, and the problem of each. */
    List<FailedAttempt> attempts() {
        return failures.stream()
                .map(failure -> new FailedAttempt(
                        failure.address(), ServerConnection.ConnectionProblem.of(failure.exception()), null))
                .toList();
    }

    /** Returns the problem that says most. */
    ServerConnection.ConnectionProblem problem() {
        return ServerConnection.ConnectionProblem.of(mostTelling(failures));
    }

    /**
     * Returns the failure that says most: a refusal before a timeout, and a timeout before the rest. An address of a
     * family that this computer lacks always fails.
     */
    private static IOException mostTelling(List<Failure> failures) {
        return failures.stream()
                .map(Failure::exception)
                .min(Comparator.comparingInt(NoConnectionException::rank))
                .orElseThrow();
    }

    private static int rank(IOException failure) {
        return switch (failure) {
            case ConnectException refused -> 0;
            case SocketTimeoutException silent -> 1;
            default -> 2;
        };
    }
}
