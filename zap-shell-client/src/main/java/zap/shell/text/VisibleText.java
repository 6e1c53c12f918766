package zap.shell.text;

import java.util.HexFormat;

/**
 * The conversion of foreign text into text that is safe to show. Characters that would act on a terminal, or make text
 * look like other text, become visible.
 */
public final class VisibleText {

    /** Maximum number of marks on one letter. More of them would cover the lines above it. */
    private static final int MAX_MARKS_ON_A_LETTER = 4;

    private static final int CONTROL_PICTURES = 0x2400;
    private static final int DELETE = 0x7F;
    private static final int PICTURE_OF_DELETE = 0x2421;
    private static final int ZERO_WIDTH_NON_JOINER = 0x200C;
    private static final int ZERO_WIDTH_JOINER = 0x200D;
    private static final int BLACK_FLAG = 0x1F3F4;
    private static final int FIRST_TAG = 0xE0020;
    private static final int LAST_TAG = 0xE007F;

    private VisibleText() {}

    /** Returns the text on one line, with its line breaks made visible too. */
    public static String line(String text) {
        return visible(text, false);
    }

    /** Returns the text with its line breaks as {@code \n}; all other special characters are made visible. */
    public static String lines(String text) {
        return visible(text.replace("\r\n", "\n"), true);
    }

    private static String visible(String text, boolean keepLineBreaks) {
        var out = new StringBuilder(text.length());
        int marks = 0;
        boolean inFlag = false;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            boolean mark = isMark(c);
            marks = mark ? marks + 1 : 0;
            inFlag = c == BLACK_FLAG || (inFlag && c >= FIRST_TAG && c <= LAST_TAG);
            if (c == '\n' && keepLineBreaks) {
                out.append('\n');
            } else if (c == '\t') {
                out.append("    ");
            } else if (c < ' ') {
                out.appendCodePoint(CONTROL_PICTURES + c);
            } else if (c == DELETE) {
                out.appendCodePoint(PICTURE_OF_DELETE);
            } else if ((mark && marks > MAX_MARKS_ON_A_LETTER) || (isTreacherous(c) && !inFlag)) {
                out.append('⟨').append(name(c)).append('⟩');
            } else {
                out.appendCodePoint(c);
            }
        }
        return out.toString();
    }

    /** Returns the numbers of a text's code points, for places where the text itself cannot be seen. */
    public static String named(String text) {
        var out = new StringBuilder();
        text.codePoints().forEach(c -> out.append('⟨').append(name(c)).append('⟩'));
        return out.toString();
    }

    /** Returns whether a text is shown unchanged. */
    public static boolean isPlain(String text) {
        return line(text).equals(text);
    }

    /** Returns whether a terminal might act on this character instead of showing it. */
    public static boolean acts(char c) {
        return c < ' ' || (!Character.isSurrogate(c) && isTreacherous(c));
    }

    private static String name(int c) {
        return "U+" + HexFormat.of().withUpperCase().toHexDigits(c, c > 0xFFFF ? 5 : 4);
    }

    private static boolean isMark(int c) {
        int type = Character.getType(c);
        return type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK;
    }

    /**
     * Returns whether this character is invisible and has an effect: C1, bidirectional controls, zero widths, tags,
     * noncharacters.
     */
    private static boolean isTreacherous(int c) {
        if (c == ZERO_WIDTH_NON_JOINER || c == ZERO_WIDTH_JOINER) {
            return false; // Persian, Hindi and families of emoji are written with them.
        }
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> true;
            // Letters without a shape.
            default -> c == 0x115F || c == 0x1160 || c == 0x3164 || c == 0xFFA0 || c == 0x2800;
        };
    }
}
