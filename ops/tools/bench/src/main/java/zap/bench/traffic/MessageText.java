package zap.bench.traffic;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/**
 * The text of a message: its flow, its number, the time of sending, and letters up to the requested length.
 *
 * <p>{@code zap-bench RRRRRRRR FFFFFF SSSSSSSSSSSS NNNNNNNNNNNNNNNNNNNabc…}: run, flow, sequence, nanoseconds. All of
 * it is ASCII, so that a byte is a character and numbers can be patched into bytes that were encoded once.
 */
public final class MessageText {

    private static final String HEAD = "zap-bench ";
    private static final int RUN_WIDTH = 8;
    private static final int FLOW_AT = HEAD.length() + RUN_WIDTH + 1;
    private static final int FLOW_WIDTH = 6;
    private static final int SEQUENCE_AT = FLOW_AT + FLOW_WIDTH + 1;
    private static final int SEQUENCE_WIDTH = 12;
    private static final int NANOS_AT = SEQUENCE_AT + SEQUENCE_WIDTH + 1;
    private static final int NANOS_WIDTH = 19;

    /** The shortest text that has room for all the numbers. */
    public static final int MIN_CHARACTERS = NANOS_AT + NANOS_WIDTH;

    private final byte[] template;

    /**
     * @param run tells this run's messages from those of others; at most eight digits
     * @param flow whose messages these are; at most six digits
     * @param characters how long the text is, at least {@value #MIN_CHARACTERS}
     */
    public MessageText(int run, int flow, int characters) {
        if (characters < MIN_CHARACTERS) {
            throw new IllegalArgumentException(
                    "a text needs " + MIN_CHARACTERS + " characters for its numbers, not " + characters);
        }
        template = new byte[characters];
        Arrays.fill(template, (byte) ' ');
        System.arraycopy(HEAD.getBytes(US_ASCII), 0, template, 0, HEAD.length());
        write(run, template, HEAD.length(), RUN_WIDTH);
        write(flow, template, FLOW_AT, FLOW_WIDTH);
        number(template, 0, 0, 0);
        for (int i = MIN_CHARACTERS; i < characters; i++) {
            template[i] = (byte) ('a' + (i - MIN_CHARACTERS) % 26);
        }
    }

    /** The text as it goes over the wire, a copy, with zeros for the numbers. */
    public byte[] bytes() {
        return template.clone();
    }

    public int length() {
        return template.length;
    }

    /** Puts the numbers into a copy of the text that begins at this place. */
    public static void number(byte[] text, int at, long sequence, long nanos) {
        write(sequence, text, at + SEQUENCE_AT, SEQUENCE_WIDTH);
        write(nanos, text, at + NANOS_AT, NANOS_WIDTH);
    }

    /** Tells whether this is a message of the load generator, of any flow and run, complete or not. */
    public static boolean isOurs(byte[] bytes, int from, int length) {
        return length >= MIN_CHARACTERS
                && digits(bytes, from + FLOW_AT, FLOW_WIDTH)
                && digits(bytes, from + SEQUENCE_AT, SEQUENCE_WIDTH)
                && digits(bytes, from + NANOS_AT, NANOS_WIDTH);
    }

    /** Which flow this message of ours belongs to. */
    public static int flow(byte[] bytes, int from) {
        return (int) read(bytes, from + FLOW_AT, FLOW_WIDTH);
    }

    /** The number of this message of ours in its flow. */
    public static long sequence(byte[] bytes, int from) {
        return read(bytes, from + SEQUENCE_AT, SEQUENCE_WIDTH);
    }

    /** Returns the time at which a message of the load generator was sent, in nanoseconds. */
    public static long nanos(byte[] bytes, int from) {
        return read(bytes, from + NANOS_AT, NANOS_WIDTH);
    }

    /** Tells whether this is the text letter by letter, with any sequence and time. */
    public boolean matches(byte[] bytes, int from, int length) {
        return length == template.length
                && Arrays.equals(bytes, from, from + SEQUENCE_AT, template, 0, SEQUENCE_AT)
                && Arrays.equals(
                        bytes, from + MIN_CHARACTERS, from + length, template, MIN_CHARACTERS, template.length);
    }

    private static boolean digits(byte[] bytes, int at, int width) {
        for (int i = at; i < at + width; i++) {
            if (bytes[i] < '0' || bytes[i] > '9') {
                return false;
            }
        }
        return true;
    }

    private static long read(byte[] bytes, int at, int width) {
        long value = 0;
        for (int i = at; i < at + width; i++) {
            value = 10 * value + (bytes[i] - '0');
        }
        return value;
    }

    private static void write(long value, byte[] to, int at, int width) {
        long rest = value;
        for (int i = at + width - 1; i >= at; i--) {
            long quotient = rest / 10;
            to[i] = (byte) ('0' + (rest - 10 * quotient));
            rest = quotient;
        }
        if (rest != 0) {
            throw new IllegalArgumentException(value + " has more than " + width + " digits");
        }
    }
}
