package zap.protocol;

import static zap.protocol.FrameType.Field.STREAM_WIDTH;

/**
 * The number that a client gives to its own stream of frames, by which the server distinguishes a repetition from a new
 * beginning.
 */
public record StreamId(long value) implements Comparable<StreamId> {

    public StreamId {
        Digits.check(value, STREAM_WIDTH, "a stream");
    }

    /**
     * Parses the form of the wire.
     *
     * @throws IllegalArgumentException unless these are exactly 13 ASCII digits
     */
    public static StreamId parse(String digits) {
        return new StreamId(Digits.parse(digits, STREAM_WIDTH, "a stream"));
    }

    @Override
    public int compareTo(StreamId other) {
        return Long.compare(value, other.value);
    }

    /** Returns the 13 digits of the wire: leading zeros stay. */
    @Override
    public String toString() {
        return Digits.format(value, STREAM_WIDTH);
    }
}
