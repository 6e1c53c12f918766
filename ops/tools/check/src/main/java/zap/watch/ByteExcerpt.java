package zap.watch;

import java.util.HexFormat;
import java.util.List;

/** The bytes around a place, in hex and as text, with carets below the one that is meant. */
final class ByteExcerpt {

    private static final int BEFORE = 11;
    private static final int AFTER = 5;
    private static final int FIRST_CONTROL_OF_C1 = 0x7F;

    private ByteExcerpt() {}

    /** Returns two lines without line breaks. */
    static List<String> around(byte[] bytes, int at) {
        int from = Math.max(0, at - BEFORE);
        int to = Math.min(bytes.length, Math.max(at + AFTER, from + BEFORE + AFTER));
        var hex = new StringBuilder();
        var text = new StringBuilder();
        var hexCaret = new StringBuilder();
        var textCaret = new StringBuilder();
        for (int i = from; i < to; i++) {
            hex.append(HexFormat.of().toHexDigits(bytes[i])).append(' ');
            hexCaret.append(i == at ? "^^ " : "   ");
            // One sign for each byte, so that the caret is below its byte.
            text.append(bytes[i] >= ' ' && bytes[i] < FIRST_CONTROL_OF_C1 ? (char) bytes[i] : '·');
            textCaret.append(i == at ? '^' : ' ');
        }
        return List.of(hex + "  " + text, (hexCaret + "  " + textCaret).stripTrailing());
    }
}
