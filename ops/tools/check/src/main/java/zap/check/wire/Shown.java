package zap.check.wire;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import zap.protocol.FrameType;

/** Bytes and texts in a form that people can read: invisible characters get a mark, long texts are cut. */
public final class Shown {

    private static final int MAX_CODE_POINTS = 120;

    private Shown() {}

    public static String quoted(String text) {
        return "\"" + visible(text) + "\"";
    }

    /** Returns the text with marks for characters that a terminal would not show, or would obey. */
    public static String visible(String text) {
        var shown = new StringBuilder();
        int count = 0;
        for (int codePoint : text.codePoints().toArray()) {
            if (count == MAX_CODE_POINTS) {
                return shown.append('…').toString();
            }
            count++;
            switch (codePoint) {
                case '\n' -> shown.append("\\n");
                case '\r' -> shown.append("\\r");
                case '\t' -> shown.append("\\t");
                default -> {
                    int type = Character.getType(codePoint);
                    if (type == Character.CONTROL || type == Character.FORMAT || type == Character.SURROGATE) {
                        shown.append(String.format(Locale.ROOT, "\\u{%x}", codePoint));
                    } else {
                        shown.appendCodePoint(codePoint);
                    }
                }
            }
        }
        return shown.toString();
    }

    /** Returns what a peer has sent, one line for each frame; bytes that are no frame are shown as text. */
    public static List<String> sent(byte[] bytes, boolean fullWidth) {
        var lines = new ArrayList<String>();
        String rest = new String(bytes, StandardCharsets.UTF_8);
        while (!rest.isEmpty() && lines.size() < 20) {
            FrameType type = typeAt(rest);
            if (type == null) {
                break;
            }
            int points = WireFrame.codePoints(rest);
            boolean whole = type.fields().isEmpty() || isFixed(type) || fullWidth;
            if (points < (whole ? type.width() : fixedWidth(type))) {
                break;
            }
            int end = rest.offsetByCodePoints(0, Math.min(points, type.width()));
            lines.add(WireFrame.parse(type, rest.substring(0, end)).toString());
            rest = rest.substring(end);
        }
        if (!rest.isEmpty()) {
            lines.add(quoted(rest) + " (" + rest.getBytes(StandardCharsets.UTF_8).length + " bytes)");
        }
        return lines;
    }

    private static @org.jspecify.annotations.Nullable FrameType typeAt(String text) {
        if (text.length() < 2 || !isDigit(text.charAt(0)) || !isDigit(text.charAt(1))) {
            return null;
        }
        FrameType type = FrameType.ofCode(10 * (text.charAt(0) - '0') + (text.charAt(1) - '0'));
        return type == null || type.wire() == FrameType.Wire.FULL_WIDTH_ONLY ? null : type;
    }

    public static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    /** Returns whether all frames of this type have the same width in both dialects. */
    public static boolean isFixed(FrameType type) {
        return fixedWidth(type) == type.width();
    }

    /** Returns the width of a frame up to its text or members, in code points. */
    public static int fixedWidth(FrameType type) {
        if (type.fields().isEmpty()) {
            return type.width();
        }
        FrameType.Field last = type.fields().getLast();
        return switch (last.kind()) {
            case TEXT, MEMBERS -> type.width() - last.width();
            default -> type.width();
        };
    }
}
