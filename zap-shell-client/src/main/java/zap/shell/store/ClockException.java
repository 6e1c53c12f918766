package zap.shell.store;

import java.time.Instant;

/** A time on the computer's clock that no message can carry: before 1970, or after November 2286. */
public final class ClockException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Instant shown;

    ClockException(Instant shown) {
        super("no message can carry " + shown, null, false, false);
        this.shown = shown;
    }

    /** Returns what the clock shows. */
    public Instant shown() {
        return shown;
    }
}
