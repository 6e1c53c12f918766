package zap.shell.text;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Arbitrary text, including halves of surrogate pairs. The result contains nothing that acts on a terminal or is
 * invisible, and converting it again changes nothing.
 */
public final class VisibleTextFuzz {

    private static final int BLACK_FLAG = 0x1F3F4;
    private static final int FIRST_TAG = 0xE0020;
    private static final int LAST_TAG = 0xE007F;

    private VisibleTextFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        check(new String(input, StandardCharsets.UTF_8));
        check(ByteBuffer.wrap(input).asCharBuffer().toString());
    }

    private static void check(String text) {
        String line = VisibleText.line(text);
        require(isHarmless(line, false), "a line that a terminal acts on");
        require(VisibleText.line(line).equals(line), "a line that is shown in two ways");
        require(VisibleText.isPlain(text) == line.equals(text), "plain, or not");
        String lines = VisibleText.lines(text);
        require(isHarmless(lines, true), "lines that a terminal acts on");
        require(VisibleText.lines(lines).equals(lines), "lines that are shown in two ways");
        require(line.length() >= text.length() && line.length() <= 9 * text.length(), "more or less than was there");
    }

    private static boolean isHarmless(String text, boolean lineBreaks) {
        boolean inFlag = false;
        for (int at = 0; at < text.length(); ) {
            int c = text.codePointAt(at);
            at += Character.charCount(c);
            inFlag = c == BLACK_FLAG || (inFlag && c >= FIRST_TAG && c <= LAST_TAG);
            boolean joiner = c == 0x200C || c == 0x200D;
            boolean seen = switch (Character.getType(c)) {
                case Character.CONTROL -> lineBreaks && c == '\n';
                case Character.FORMAT -> joiner || inFlag;
                case Character.LINE_SEPARATOR,
                        Character.PARAGRAPH_SEPARATOR,
                        Character.SURROGATE,
                        Character.PRIVATE_USE,
                        Character.UNASSIGNED -> false;
                default -> true;
            };
            if (!seen) {
                return false;
            }
        }
        return true;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
