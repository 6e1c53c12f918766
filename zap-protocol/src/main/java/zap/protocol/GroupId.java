package zap.protocol;

import static zap.protocol.FrameType.Field.ID_WIDTH;

/**
 * A group's number, thirteen digits wide, taken from the same numbers as the clients'.
 */
public record GroupId(long value) implements Comparable<GroupId> {

    public GroupId {
        Digits.check(value, ID_WIDTH, "a group id");
    }

    /**
     * Parses the form of the wire.
     *
     * @throws IllegalArgumentException unless these are exactly 13 ASCII digits
     */
    public static GroupId parse(String digits) {
        return new GroupId(Digits.parse(digits, ID_WIDTH, "a group id"));
    }

    /** Returns this group as the destination of a message. */
    public Address asAddress() {
        return new Address(value);
    }

    @Override
    public int compareTo(GroupId other) {
        return Long.compare(value, other.value);
    }

    /** Returns the 13 digits of the wire: leading zeros stay. */
    @Override
    public String toString() {
        return Digits.format(value, ID_WIDTH);
    }
}
