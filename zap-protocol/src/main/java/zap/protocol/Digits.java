package zap.protocol;

import java.nio.charset.StandardCharsets;

/** Numbers in the form of the wire: ASCII digits, as many as the field is wide, leading zeros kept. */
final class Digits {

    private static final long[] POWERS_OF_TEN = new long[19];

    static {
        POWERS_OF_TEN[0] = 1;
        for (int i = 1; i < POWERS_OF_TEN.length; i++) {
            POWERS_OF_TEN[i] = 10 * POWERS_OF_TEN[i - 1];
        }
    }

    private Digits() {}

    /** Returns the greatest number that fits into {@code width} digits and into a {@code long}. */
    static long max(int width) {
        return width >= POWERS_OF_TEN.length ? Long.MAX_VALUE : POWERS_OF_TEN[width] - 1;
    }

    static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    /**
     * Returns whether a number that begins so, with {@code missing} digits to come, can still be a {@code long}. A
     * prefix of 19 digits that has overflowed is negative, because 19 nines are less than 2^64.
     */
    static boolean fits(long prefix, int missing) {
        return prefix >= 0 && (missing >= POWERS_OF_TEN.length || prefix <= Long.MAX_VALUE / POWERS_OF_TEN[missing]);
    }

    static long check(long value, int width, String what) {
        if (value < 0 || value > max(width)) {
            throw new IllegalArgumentException(what + " is a number from 0 to " + max(width) + ", not " + value);
        }
        return value;
    }

    static long parse(String digits, int width, String what) {
        if (digits.length() != width) {
            throw new IllegalArgumentException(
                    what + " has exactly " + width + " digits, not " + digits.length() + " characters");
        }
        long value = 0;
        for (int i = 0; i < width; i++) {
            char c = digits.charAt(i);
            if (c < '0' || c > '9') {
                throw new IllegalArgumentException(what + " has digits only, but character " + (i + 1) + " is none");
            }
            value = value * 10 + (c - '0');
        }
        if (!fits(value, 0)) {
            throw new IllegalArgumentException(what + " is at most " + Long.MAX_VALUE);
        }
        return value;
    }

    static String format(long value, int width) {
        byte[] digits = new byte[width];
        write(value, digits, 0, width);
        return new String(digits, StandardCharsets.ISO_8859_1);
    }

    static void write(long value, byte[] to, int at, int width) {
        long rest = value;
        for (int i = at + width - 1; i >= at; i--) {
            long quotient = rest / 10;
            to[i] = (byte) ('0' + (rest - 10 * quotient));
            rest = quotient;
        }
    }
}
