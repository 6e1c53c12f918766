package zap.protocol;

import static zap.protocol.FrameType.Field.ID_WIDTH;

/**
 * Where a message goes: to a client or to a group. Only the server that made the number knows which, so the wire cannot
 * say it and this type does not guess.
 */
public record Address(long value) implements Comparable<Address> {

    public Address {
        Digits.check(value, ID_WIDTH, "an address");
    }

    /**
     * Reads it as the wire writes it.
     *
     * @throws IllegalArgumentException unless these are exactly 13 ASCII digits
     */
    public static Address parse(String digits) {
        return new Address(Digits.parse(digits, ID_WIDTH, "an address"));
    }

    /** The same number as a client: for whoever knows that it is one. */
    public ClientId asClient() {
        return new ClientId(value);
    }

    /** The same number as a group: for whoever knows that it is one. */
    public GroupId asGroup() {
        return new GroupId(value);
    }

    @Override
    public int compareTo(Address other) {
        return Long.compare(value, other.value);
    }

    /** The 13 digits of the wire: leading zeros stay. */
    @Override
    public String toString() {
        return Digits.format(value, ID_WIDTH);
    }
}
