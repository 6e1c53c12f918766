package zap.protocol;

import static zap.protocol.FrameType.Field.ID_WIDTH;

/** A client's number, thirteen digits wide. A server makes it; its digits have no meaning for other programs. */
public record ClientId(long value) implements Comparable<ClientId> {

    public ClientId {
        Digits.check(value, ID_WIDTH, "a client id");
    }

    /**
     * Parses the form of the wire.
     *
     * @throws IllegalArgumentException unless these are exactly 13 ASCII digits
     */
    public static ClientId parse(String digits) {
        return new ClientId(Digits.parse(digits, ID_WIDTH, "a client id"));
    }

    /** Returns this client as the destination of a message. */
    public Address asAddress() {
        return new Address(value);
    }

    @Override
    public int compareTo(ClientId other) {
        return Long.compare(value, other.value);
    }

    /** Returns the 13 digits of the wire: leading zeros stay. */
    @Override
    public String toString() {
        return Digits.format(value, ID_WIDTH);
    }
}
