package zap.shell.chat;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import zap.shell.connection.FailedAttempt;
import zap.shell.connection.ServerConnection;
import zap.shell.connection.TlsFault;
import zap.shell.connection.TlsFaultException;

/**
 * The cause for which there is no session with the server.
 *
 * @param fault the fault of the encryption, when the problem is {@code TLS}; else null
 * @param tried the addresses that were tried; empty where that is not known
 */
public record SessionFailure(
        ServerConnection.ConnectionProblem problem,
        @Nullable TlsFault fault,
        List<FailedAttempt> tried) {

    public SessionFailure {
        tried = List.copyOf(tried);
    }

    private SessionFailure(ServerConnection.ConnectionProblem problem) {
        this(problem, null, List.of());
    }

    /** Returns why a client that has waited for its session has none, or has not received all waiting mail. */
    public static SessionFailure of(ProfileClient client) {
        return client.failure()
                .or(client::state)
                .map(SessionFailure::of)
                .orElseGet(() -> new SessionFailure(ServerConnection.ConnectionProblem.NO_ANSWER));
    }

    /** Returns why a connection in this state has no session, or one that does not answer. */
    public static SessionFailure of(ServerConnection.State state) {
        ServerConnection.@Nullable ConnectionProblem problem = state.trouble();
        if (problem != null) {
            return new SessionFailure(problem, state.fault(), state.tried());
        }
        return new SessionFailure(
                state.phase() == ServerConnection.Phase.ONLINE
                        ? ServerConnection.ConnectionProblem.SILENT
                        : ServerConnection.ConnectionProblem.NO_ANSWER);
    }

    /** Returns why the session of another process is not connected. */
    public static SessionFailure of(SessionReport report) {
        ServerConnection.@Nullable ConnectionProblem problem = report.trouble();
        return new SessionFailure(problem == null ? ServerConnection.ConnectionProblem.NO_ANSWER : problem);
    }

    /** Returns what a failure to dial, greet or register means. */
    public static SessionFailure of(IOException failure) {
        return new SessionFailure(
                ServerConnection.ConnectionProblem.of(failure),
                failure instanceof TlsFaultException untrusted ? untrusted.fault() : null,
                FailedAttempt.of(failure));
    }
}
