package zap.protocol;

import static zap.protocol.FrameType.Field.ID_WIDTH;

/**
 * The destination of a message: a client or a group. Only the server that made the number knows which of the two, so
 * neither the wire nor this type says it.
 */
public record Address(long value) implements Comparable<Address> {

    public Address {
        Digits.check(value, ID_WIDTH, "an address");
    }

    /**
     * Parses the form of the wire.
     *
     * @throws IllegalArgumentException unless these are exactly 13 ASCII digits
     */
    public static Address parse(String digits) {
        return new Address(Digits.parse(digits, ID_WIDTH, "an address"));
    }

    /** Returns the same number as a client, for a caller that knows that it is one. */
    public ClientId asClient() {
        return new ClientId(value);
    }

    /** Returns the same number as a group, for a caller that knows that it is one. */
    public GroupId asGroup() {
        return new GroupId(value);
    }

    @Override
    public int compareTo(Address other) {
        return Long.compare(value, other.value);
    }

    /** Returns the 13 digits of the wire: leading zeros stay. */
    @Override
    public String toString() {
        return Digits.format(value, ID_WIDTH);
    }
}
