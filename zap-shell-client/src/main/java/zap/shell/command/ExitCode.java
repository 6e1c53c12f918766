package zap.shell.command;

import org.jspecify.annotations.Nullable;
import zap.protocol.Reason;
import zap.shell.connection.ServerConnection;

/** How a command ended: what a script can rely on. Listed in docs/client.md; the numbers are those of sysexits.h where it has one. */
public enum ExitCode {
    OK(0),
    /** It was looked at, and nothing was found, or all is not well. */
    NOT_WELL(1),
    /** A command, an option or an argument that is none. */
    USAGE(64),
    /** A text that cannot be a message, or a file that cannot be read. */
    BAD_DATA(65),
    /** Nobody, or more than one, is meant by that. */
    NO_SUCH_PERSON(67),
    /** There is no session with the server now, and it cannot wait. */
    UNAVAILABLE(69),
    /** A bug of ours, or a broken disk. */
    FAILED(70),
    /** The server does not accept this profile's number. */
    NOT_ACCEPTED(71),
    /** The answer could not be written to standard output. */
    NOT_WRITTEN(74),
    /** It is not known to be with the server: it is in the outbox and goes out with the next connection, or it is in doubt. */
    KEPT(75),
    /** What answers is not the server that was meant: it is not encrypted as it must be, or does not speak as it must. */
    NOT_TRUSTED(76),
    /** Another process is this profile's session, or the number is connected in another place. */
    IN_USE(77),
    /** There is no identity yet. */
    NOT_REGISTERED(78),
    /** The profile was exported and is used on another computer. */
    MOVED(79);

    private final int code;

    ExitCode(int code) {
        this.code = code;
    }

    /** Returns how a command ends that needs a session, when there is none for this reason. */
    static ExitCode of(ServerConnection.ConnectionProblem trouble) {
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

    /** Returns how a command ends whose message or group the server has refused. */
    static ExitCode ofRefusal(@Nullable Reason reason) {
        return reason == Reason.UNKNOWN_CLIENT || reason == Reason.NOT_A_MEMBER || reason == Reason.BAD_GROUP
                ? NO_SUCH_PERSON
                : BAD_DATA;
    }

    public int code() {
        return code;
    }
}
