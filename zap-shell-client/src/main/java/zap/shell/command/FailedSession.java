package zap.shell.command;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import zap.shell.chat.ProfileClient;
import zap.shell.chat.SessionReport;
import zap.shell.connection.ServerConnection;
import zap.shell.connection.TlsFault;
import zap.shell.connection.TlsFaultException;
import zap.shell.store.ProfileSettings;
import zap.shell.store.StoreFault;

/**
 * A session that did not come about, or has ended: what a person is told of it, and how a command ends that needed it. All of it is listed
 * in docs/client.md.
 *
 * @param fault what is wrong with the encryption, when that is the trouble; else null
 */
record FailedSession(
        ServerConnection.ConnectionProblem trouble,
        @Nullable TlsFault fault) {

    private FailedSession(ServerConnection.ConnectionProblem trouble) {
        this(trouble, null);
    }

    /** Why there is no session, or not all waiting mail, although a command has waited for it. */
    static FailedSession of(ProfileClient client) {
        return client.failure()
                .or(client::state)
                .map(FailedSession::of)
                .orElseGet(() -> new FailedSession(ServerConnection.ConnectionProblem.NO_ANSWER));
    }

    /** Why this line has no session, or one that does not answer. */
    static FailedSession of(ServerConnection.State state) {
        ServerConnection.@Nullable ConnectionProblem trouble = state.trouble();
        if (trouble != null) {
            return new FailedSession(trouble, state.fault());
        }
        return new FailedSession(
                state.phase() == ServerConnection.Phase.ONLINE
                        ? ServerConnection.ConnectionProblem.SILENT
                        : ServerConnection.ConnectionProblem.NO_ANSWER);
    }

    /** Why the session of another window is not connected. */
    static FailedSession of(SessionReport report) {
        ServerConnection.@Nullable ConnectionProblem trouble = report.trouble();
        return new FailedSession(trouble == null ? ServerConnection.ConnectionProblem.NO_ANSWER : trouble);
    }

    /** Why a server gave no number. */
    static FailedSession of(IOException failure) {
        return new FailedSession(
                ServerConnection.ConnectionProblem.of(failure),
                failure instanceof TlsFaultException untrusted ? untrusted.fault() : null);
    }

    /** Whether a server may be running at another place, or not at all: then it helps to say how one is named. */
    boolean mayBeElsewhere() {
        return switch (trouble) {
            case NO_SUCH_HOST, REFUSED, UNREACHABLE, NO_ANSWER, SILENT, NONSENSE -> true;
            case CLOSED_BY_SERVER,
                    BROKEN,
                    SHUTTING_DOWN,
                    SESSION_REFUSED,
                    TOO_MANY_REGISTRATIONS,
                    NO_AGREEMENT,
                    NOT_ASSURED,
                    REPLACED,
                    NOT_PROVEN,
                    NUMBER_NOT_TAKEN,
                    TLS,
                    WANTS_TLS,
                    DISK_FULL,
                    DISK_READ_ONLY,
                    STORE_DAMAGED,
                    DISK_FAILED,
                    OUR_FAULT -> false;
        };
    }

    ExitCode exitCode() {
        return ExitCode.of(trouble);
    }

    /** Returns the cause, in the user's words, without a full stop. */
    String cause(ShellContext shell) {
        return shell.trouble(trouble, fault);
    }

    /**
     * Returns the refusal of a command.
     *
     * @param key of a sentence with the server's address and the cause; where the encryption is the cause, the one with {@code -untrusted}
     */
    RefusedCommandException refusal(ShellContext shell, ProfileSettings.Server server, String key) {
        return refusal(exitCode(), shell, server, key);
    }

    /** The same for a command that has done a part of its work, and ends in another way. */
    RefusedCommandException refusal(ExitCode code, ShellContext shell, ProfileSettings.Server server, String key) {
        Optional<StoreFault> disk = storeFault();
        if (disk.isPresent()) {
            return shell.refusal(disk.get());
        }
        String sentence = shell.texts().say(fault == null ? key : key + "-untrusted", server.address(), cause(shell));
        return new RefusedCommandException(code, sentence + wayOn(shell));
    }

    /** What is wrong with the disk, when that is why there is no session. */
    private Optional<StoreFault> storeFault() {
        return switch (trouble) {
            case DISK_FULL -> Optional.of(StoreFault.FULL);
            case DISK_READ_ONLY -> Optional.of(StoreFault.READ_ONLY);
            case STORE_DAMAGED -> Optional.of(StoreFault.DAMAGED);
            case DISK_FAILED -> Optional.of(StoreFault.DISK);
            default -> Optional.empty();
        };
    }

    /** Returns a further sentence about what to do, with a blank before it; empty when the cause says it. */
    String wayOn(ShellContext shell) {
        return trouble.isOfTheNumber() ? " " + shell.texts().say("session.new-number") : "";
    }
}
