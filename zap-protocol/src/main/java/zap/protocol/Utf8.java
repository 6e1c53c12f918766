package zap.protocol;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Strict UTF-8, one code point at a time: no overlong forms, no surrogates, nothing above U+10FFFF. A byte is judged as
 * soon as it has come, so the beginning of a code point is either the beginning of a valid one or already wrong.
 */
final class Utf8 {

    /** The bytes begin a code point, and the rest of it has not come yet. */
    static final int INCOMPLETE = 0;

    /** The bytes do not begin a code point. */
    static final int INVALID = -1;

    /** Most text is mostly ASCII, and most fields are mostly padding: both are read eight bytes at a time. */
    private static final VarHandle EIGHT_BYTES =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private Utf8() {}

    /**
     * Returns the number of bytes of the code point at {@code at}, or {@link #INCOMPLETE}, or {@link #INVALID}.
     *
     * @param limit the end of the bytes that have come; greater than {@code at}
     */
    static int length(byte[] bytes, int at, int limit) {
        int first = bytes[at];
        if (first >= 0) {
            return 1;
        }
        first &= 0xFF;
        if (first < 0xC2 || first > 0xF4) {
            return INVALID;
        }
        if (at + 1 == limit) {
            return INCOMPLETE;
        }
        if (first < 0xE0) {
            return isContinuation(bytes[at + 1]) ? 2 : INVALID;
        }
        // The range of the second byte excludes overlong forms, surrogates and numbers that are too large.
        int second = bytes[at + 1] & 0xFF;
        int low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        int high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        if (second < low || second > high) {
            return INVALID;
        }
        if (at + 2 == limit) {
            return INCOMPLETE;
        }
        if (!isContinuation(bytes[at + 2])) {
            return INVALID;
        }
        if (first < 0xF0) {
            return 3;
        }
        if (at + 3 == limit) {
            return INCOMPLETE;
        }
        return isContinuation(bytes[at + 3]) ? 4 : INVALID;
    }

    private static boolean isContinuation(byte b) {
        return (b & 0xC0) == 0x80;
    }

    /** Returns the number of ASCII bytes, of the eight bytes from {@code at} on, before the first other one. */
    static int asciiOfEight(byte[] bytes, int at) {
        return Long.numberOfTrailingZeros((long) EIGHT_BYTES.get(bytes, at) & 0x8080808080808080L) >>> 3;
    }

    /** Returns the number of blanks at the end of these bytes. */
    static int trailingBlanks(byte[] bytes, int from, int to) {
        int end = to;
        while (end - 8 >= from && (long) EIGHT_BYTES.get(bytes, end - 8) == 0x2020202020202020L) {
            end -= 8;
        }
        while (end > from && bytes[end - 1] == ' ') {
            end--;
        }
        return to - end;
    }
}
