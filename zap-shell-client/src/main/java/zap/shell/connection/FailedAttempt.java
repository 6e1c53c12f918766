package zap.shell.connection;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An address of the server that was tried in vain.
 *
 * @param fault the fault of the encryption, when that is the problem; else null
 */
public record FailedAttempt(
        ServerAddress address,
        ServerConnection.ConnectionProblem problem,
        @Nullable TlsFault fault) {

    /** Returns the attempts behind a failure to dial; empty when it does not name them. */
    public static List<FailedAttempt> of(IOException failure) {
        return failure instanceof NoConnectionException none ? none.attempts() : List.of();
    }
}
