package zap.shell.command.context;

import org.jspecify.annotations.Nullable;
import zap.protocol.Reason;
import zap.shell.connection.ServerConnection;

/**
 * The exit codes of a command, for scripts. docs/client.md lists them. The numbers are those of sysexits.h where it has
 * one.
 */
public enum ExitCode {
    OK(0),
    /** The search found nothing, or a check failed. */
    NOT_WELL(1),
    /** The command, an option or an argument does not exist. */
    USAGE(64),
    /** The text cannot be a message, or a file cannot be read. */
    BAD_DATA(65),
    /** The name means no person or group, or more than one. */
    NO_SUCH_PERSON(67),
    /** There is no session with the server, and the command cannot wait for one. */
    UNAVAILABLE(69),
    /** A bug of zap, or a broken disk. */
    FAILED(70),
    /** The server rejects this profile's number. */
    NOT_ACCEPTED(71),
    /** The answer could not be written to standard output. */
    NOT_WRITTEN(74),
    /** The server has not confirmed the message: it is in the outbox for the next connection, or it is in doubt. */
    KEPT(75),
    /** The server is not the intended one: its encryption cannot be trusted, or it does not speak the protocol. */
    NOT_TRUSTED(76),
    /** Another process has this profile's session, or the number is connected elsewhere. */
    IN_USE(77),
    /** The profile has no number yet. */
    NOT_REGISTERED(78),
    /** The profile was exported and is used on another computer. */
    MOVED(79),
    /** The user has pressed Ctrl-C. */
    INTERRUPTED(130);

    private final int code;

    ExitCode(int code) {
        this.code = code;
    }

    /** Returns the exit code of a command that needs a session and has none because of this problem. */
    public static ExitCode of(ServerConnection.ConnectionProblem trouble) {
        return switch (trouble) {
            case NO_SUCH_HOST,
                    REFUSED,
                    UNREACHABLE,
                    NO_ANSWER,
                    SILENT,
                    CLOSED_BY_SERVER,
                    BROKEN,
                    SHUTTING_DOWN,
                    SESSION_REFUSED,
                    TOO_MANY_REGISTRATIONS,
                    NO_AGREEMENT,
                    WANTS_TLS -> UNAVAILABLE;
            case NOT_PROVEN, NUMBER_NOT_TAKEN -> NOT_ACCEPTED;
            case NONSENSE, NOT_ASSURED, TLS -> NOT_TRUSTED;
            case REPLACED -> IN_USE;
            case DISK_FULL, DISK_READ_ONLY, STORE_DAMAGED, DISK_FAILED, OUR_FAULT -> FAILED;
        };
    }

    /** Returns the exit code of a command whose message or group the server rejected. */
    public static ExitCode ofRefusal(@Nullable Reason reason) {
        return reason == Reason.UNKNOWN_CLIENT || reason == Reason.NOT_A_MEMBER || reason == Reason.BAD_GROUP
                ? NO_SUCH_PERSON
                : BAD_DATA;
    }

    public int code() {
        return code;
    }
}
