package zap.protocol;

import static zap.protocol.FrameType.Field.TIME_WIDTH;

import java.time.Instant;

/**
 * A moment in whole seconds since 1970, ten digits wide. It comes from a sender whose clock may be wrong, so no moment
 * is refused.
 */
public record PosixTime(long seconds) implements Comparable<PosixTime> {

    public PosixTime {
        Digits.check(seconds, TIME_WIDTH, "a timestamp");
    }

    /**
     * Parses the form of the wire.
     *
     * @throws IllegalArgumentException unless these are exactly 10 ASCII digits
     */
    public static PosixTime parse(String digits) {
        return new PosixTime(Digits.parse(digits, TIME_WIDTH, "a timestamp"));
    }

    /**
     * Returns the second that contains this instant.
     *
     * @throws IllegalArgumentException before 1970 and after 2286, which do not fit into ten digits
     */
    public static PosixTime of(Instant instant) {
        return new PosixTime(instant.getEpochSecond());
    }

    public Instant toInstant() {
        return Instant.ofEpochSecond(seconds);
    }

    @Override
    public int compareTo(PosixTime other) {
        return Long.compare(seconds, other.seconds);
    }

    /** Returns the 10 digits of the wire: leading zeros stay. */
    @Override
    public String toString() {
        return Digits.format(seconds, TIME_WIDTH);
    }
}
