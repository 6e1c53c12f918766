package zap.shell.move;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Thrown when a file cannot be imported as a profile. */
public final class ProfileFileException extends IOException {

    private static final long serialVersionUID = 1L;

    /** A reason why a file cannot be imported. */
    public enum Fault {
        /** The file does not begin as an exported profile. */
        NOT_A_PROFILE,
        /** A newer version of zap wrote the file or the store in it. */
        NEWER,
        /** The end of the file is missing. */
        INCOMPLETE,
        /** The passphrase does not open the file. */
        WRONG_PASSPHRASE,
        /** Some bytes differ from those that were written. */
        DAMAGED
    }

    private final Fault fault;

    ProfileFileException(Fault fault) {
        this(fault, null);
    }

    ProfileFileException(Fault fault, @Nullable Throwable cause) {
        super(fault.name(), cause);
        this.fault = fault;
    }

    /** Returns why the file cannot be imported. */
    public Fault fault() {
        return fault;
    }
}
