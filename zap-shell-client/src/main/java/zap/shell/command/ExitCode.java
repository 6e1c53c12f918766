package zap.shell.command;

/** How a command ended: what a script can rely on. Listed in docs/client.md; the numbers are those of sysexits.h where it has one. */
public enum ExitCode {
    OK(0),
    /** A bug of ours, or a broken disk. */
    FAILED(1),
    /** A command, an option or an argument that is none. */
    USAGE(64),
    /** A text that cannot be a message, or a file that cannot be read. */
    BAD_DATA(65),
    /** Nobody, or more than one, is meant by that. */
    NO_SUCH_PERSON(67),
    /** The server cannot be reached, and it cannot wait. */
    UNAVAILABLE(69),
    /** The answer could not be written to standard output. */
    NOT_WRITTEN(74),
    /** It is in the outbox and goes out with the next connection. */
    KEPT(75),
    /** The server is there, and no encrypted connection with it comes about that can be trusted. */
    NOT_TRUSTED(76),
    /** Another process is this profile's session. */
    IN_USE(77),
    /** There is no identity yet. */
    NOT_REGISTERED(78),
    /** The profile was exported and is used on another computer. */
    MOVED(79);

    private final int code;

    ExitCode(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }
}
