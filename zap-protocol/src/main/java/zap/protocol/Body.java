package zap.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The text of a message: at most {@value #MAX_CODE_POINTS} code points, without blanks at its end.
 *
 * <p>Kept in UTF-8, as it came and as it goes, so that a server that only passes it on never decodes it. Immutable;
 * two bodies are equal when their texts are. {@link #toString()} does not show the text, so that it cannot get into a
 * log by way of a frame.
 */
public final class Body {

    /** Maximum number of code points of a message. */
    public static final int MAX_CODE_POINTS = FrameType.Field.TEXT_WIDTH;

    /** The empty message, which is a valid message. */
    public static final Body EMPTY = new Body(new byte[0], 0);

    private final byte[] utf8;
    private final int codePoints;

    /** Trusts that these bytes are valid UTF-8, have that number of code points, and do not end in a blank. */
    private Body(byte[] utf8, int codePoints) {
        this.utf8 = utf8;
        this.codePoints = codePoints;
    }

    /**
     * Returns the text without the blanks (U+0020) at its end; all else is content. It may contain U+0000, which the
     * wire can carry and the server refuses: see {@link #containsNul()}.
     *
     * @throws IllegalArgumentException when it is longer than {@value #MAX_CODE_POINTS} code points, or contains half
     *     of a surrogate pair, which UTF-8 cannot carry
     */
    public static Body of(String text) {
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == ' ') {
            end--;
        }
        if (end == 0) {
            return EMPTY;
        }
        int codePoints = 0;
        for (int i = 0; i < end; codePoints++) {
            int codePoint = text.codePointAt(i);
            if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
                throw new IllegalArgumentException(
                        "a text has whole characters only, but there is half of a surrogate pair at index " + i);
            }
            i += Character.charCount(codePoint);
        }
        checkLength(codePoints);
        return new Body(text.substring(0, end).getBytes(StandardCharsets.UTF_8), codePoints);
    }

    /**
     * Returns the text of these bytes, without the blanks at its end. The bytes are kept, not copied: they must not
     * change any more.
     *
     * @throws IllegalArgumentException when they are not UTF-8, or too many
     */
    public static Body ofUtf8(byte[] utf8) {
        int codePoints = 0;
        for (int at = 0; at < utf8.length; codePoints++) {
            int length = Utf8.length(utf8, at, utf8.length);
            if (length <= 0) {
                throw new IllegalArgumentException("a text is UTF-8, but the bytes from " + at + " on are not");
            }
            at += length;
        }
        int blanks = Utf8.trailingBlanks(utf8, 0, utf8.length);
        checkLength(codePoints - blanks);
        return blanks == 0
                ? new Body(utf8, codePoints)
                : new Body(Arrays.copyOf(utf8, utf8.length - blanks), codePoints - blanks);
    }

    /**
     * Returns a field that the codec has read: bytes from a receive buffer, known to be UTF-8 with that number of code
     * points.
     */
    static Body ofField(byte[] buffer, int from, int to, int codePoints) {
        int blanks = Utf8.trailingBlanks(buffer, from, to);
        int end = to - blanks;
        return end == from ? EMPTY : new Body(Arrays.copyOfRange(buffer, from, end), codePoints - blanks);
    }

    private static void checkLength(int codePoints) {
        if (codePoints > MAX_CODE_POINTS) {
            throw new IllegalArgumentException(
                    "a text has at most " + MAX_CODE_POINTS + " code points, not " + codePoints);
        }
    }

    /** Returns the text in UTF-8. These are the body's own bytes, not a copy: read them, never write to them. */
    public byte[] utf8() {
        return utf8;
    }

    /** Returns the number of code points of the text: the unit of a width on the wire. */
    public int codePoints() {
        return codePoints;
    }

    public String text() {
        return new String(utf8, StandardCharsets.UTF_8);
    }

    /** Returns whether the text contains U+0000, which a frame can carry but a server does not keep. */
    public boolean containsNul() {
        for (byte b : utf8) {
            if (b == 0) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Body body && Arrays.equals(utf8, body.utf8);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(utf8);
    }

    /** Returns the length of the text, and never the text. */
    @Override
    public String toString() {
        return "Body[" + codePoints + (codePoints == 1 ? " code point]" : " code points]");
    }
}
