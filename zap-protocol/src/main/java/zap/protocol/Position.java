package zap.protocol;

import static zap.protocol.FrameType.Field.COUNT_WIDTH;

/** A position in a client's mailbox: entries are counted from 1, and 0 is before the first. */
public record Position(long value) implements Comparable<Position> {

    public Position {
        Digits.check(value, COUNT_WIDTH, "a position");
    }

    /**
     * Parses the form of the wire.
     *
     * @throws IllegalArgumentException unless these are exactly 19 ASCII digits that fit into a {@code long}
     */
    public static Position parse(String digits) {
        return new Position(Digits.parse(digits, COUNT_WIDTH, "a position"));
    }

    /**
     * Returns the position after this one.
     *
     * @throws IllegalStateException after the last one, which no mailbox ever reaches
     */
    public Position next() {
        if (value == Long.MAX_VALUE) {
            throw new IllegalStateException("no position comes after " + this);
        }
        return new Position(value + 1);
    }

    @Override
    public int compareTo(Position other) {
        return Long.compare(value, other.value);
    }

    /** Returns the 19 digits of the wire: leading zeros stay. */
    @Override
    public String toString() {
        return Digits.format(value, COUNT_WIDTH);
    }
}
