package zap.protocol;

/**
 * Strict UTF-8, one code point at a time: no overlong forms, no surrogates, nothing above U+10FFFF. A byte is judged as
 * soon as it is there, so the beginning of a code point is either the beginning of a good one or already wrong.
 */
final class Utf8 {

    /** The bytes begin a code point, and the rest of it has not come yet. */
    static final int INCOMPLETE = 0;

    /** The bytes begin no code point. */
    static final int INVALID = -1;

    private Utf8() {}

    /**
     * How many bytes the code point at {@code at} has, or {@link #INCOMPLETE}, or {@link #INVALID}.
     *
     * @param limit the end of the bytes that are there; greater than {@code at}
     */
    static int length(byte[] bytes, int at, int limit) {
        int first = bytes[at];
        if (first >= 0) {
            return 1;
        }
        first &= 0xFF;
        int length;
        // What the second byte may be is where the overlong forms, the surrogates and the too large numbers are kept out.
        int low = 0x80;
        int high = 0xBF;
        if (first < 0xC2) {
            return INVALID;
        } else if (first < 0xE0) {
            length = 2;
        } else if (first < 0xF0) {
            length = 3;
            if (first == 0xE0) {
                low = 0xA0;
            } else if (first == 0xED) {
                high = 0x9F;
            }
        } else if (first < 0xF5) {
            length = 4;
            if (first == 0xF0) {
                low = 0x90;
            } else if (first == 0xF4) {
                high = 0x8F;
            }
        } else {
            return INVALID;
        }
        if (at + 1 == limit) {
            return INCOMPLETE;
        }
        int second = bytes[at + 1] & 0xFF;
        if (second < low || second > high) {
            return INVALID;
        }
        for (int i = 2; i < length; i++) {
            if (at + i == limit) {
                return INCOMPLETE;
            }
            if ((bytes[at + i] & 0xC0) != 0x80) {
                return INVALID;
            }
        }
        return length;
    }
}
