package zap.protocol;

import static zap.protocol.FrameType.Field.MESSAGE_ID_WIDTH;

/**
 * The number that a client draws at random for a message, once, before it is first sent (protocol section 3, message).
 * With the message's src, dst and timestamp it identifies the message when it comes again.
 */
public record MessageId(long value) {

    /** The number of possible ids. */
    public static final long COUNT = Digits.max(MESSAGE_ID_WIDTH) + 1;

    public MessageId {
        Digits.check(value, MESSAGE_ID_WIDTH, "a message id");
    }

    /**
     * Parses the form of the wire.
     *
     * @throws IllegalArgumentException unless these are exactly 13 ASCII digits
     */
    public static MessageId parse(String digits) {
        return new MessageId(Digits.parse(digits, MESSAGE_ID_WIDTH, "a message id"));
    }

    /** Returns the 13 digits of the wire: leading zeros stay. */
    @Override
    public String toString() {
        return Digits.format(value, MESSAGE_ID_WIDTH);
    }
}
