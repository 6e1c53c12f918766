package zap.server.testing;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Frames as text of their full width, put together by hand from docs/protocol.md. */
public final class FrameText {

    private static final int ID = 13;
    private static final int TIME = 10;
    private static final int TEXT = 218;

    /** For each code the widths of its fields. */
    private static final Map<String, List<Integer>> FIELDS = Map.ofEntries(
            Map.entry("01", List.of()),
            Map.entry("02", List.of(ID)),
            Map.entry("03", List.of(ID)),
            Map.entry("04", List.of(ID)),
            Map.entry("05", List.of(ID, ID, TIME, TEXT)),
            Map.entry("06", List.of(ID, ID, TIME, TEXT)),
            Map.entry("07", List.of(ID, TIME)),
            Map.entry("08", List.of(ID, TIME)),
            Map.entry("09", List.of(ID, TIME)),
            Map.entry("10", List.of(ID, TIME, ID, ID, ID, ID, ID, ID, ID)),
            Map.entry("11", List.of(ID, TIME, ID, ID, ID, ID, ID, ID, ID, ID)));

    private FrameText() {}

    public static String register() {
        return "01";
    }

    public static String registered(String id) {
        return "02" + id;
    }

    public static String connect(String id) {
        return "03" + id;
    }

    public static String send(String src, String dst, long timestamp, String text) {
        return padded("05" + src + dst + time(timestamp) + text);
    }

    public static String deliver(String src, String dst, long timestamp, String text) {
        return padded("06" + src + dst + time(timestamp) + text);
    }

    public static String delivered(String dst, long timestamp) {
        return "07" + dst + time(timestamp);
    }

    public static String read(String src, long timestamp) {
        return "08" + src + time(timestamp);
    }

    public static String readReceipt(String dst, long timestamp) {
        return "09" + dst + time(timestamp);
    }

    public static String createGroup(String creator, long timestamp, String... members) {
        return padded("10" + creator + time(timestamp) + String.join("", members));
    }

    public static String groupCreated(String id, long timestamp, String... members) {
        return padded("11" + id + time(timestamp) + String.join("", members));
    }

    public static String time(long timestamp) {
        return String.format(Locale.ROOT, "%010d", timestamp);
    }

    /** Compares two long rows of frames, and names only the first that differs. */
    public static void assertSame(List<String> heard, List<String> expected) {
        for (int i = 0; i < Math.max(heard.size(), expected.size()); i++) {
            String one = i < heard.size() ? heard.get(i) : "";
            String other = i < expected.size() ? expected.get(i) : "";
            if (!one.equals(other)) {
                throw new AssertionError("frame %s of %s should be %s%nbut is %s%nafter %s"
                        .formatted(
                                i, expected.size(), shown(other), shown(one), i == 0 ? "" : shown(heard.get(i - 1))));
            }
        }
    }

    /** Returns the frame at its full width. */
    static String padded(String frame) {
        int missing = width(frame.substring(0, 2)) - codePoints(frame);
        if (missing < 0) {
            throw new IllegalArgumentException(-missing + " characters too many: " + shown(frame));
        }
        return frame + " ".repeat(missing);
    }

    static boolean isCode(String code) {
        return FIELDS.containsKey(code);
    }

    static List<Integer> fields(String code) {
        List<Integer> fields = FIELDS.get(code);
        if (fields == null) {
            throw new IllegalArgumentException("There is no frame with the code " + shown(code));
        }
        return fields;
    }

    public static int width(String code) {
        return 2 + fields(code).stream().mapToInt(Integer::intValue).sum();
    }

    static int codePoints(String text) {
        return text.codePointCount(0, text.length());
    }

    /** Returns a readable form of a text: with marks for invisible characters, and long repetitions cut short. */
    static String shown(String text) {
        var shown = new StringBuilder("|");
        int[] codePoints = text.codePoints().toArray();
        for (int i = 0; i < codePoints.length; ) {
            int same = i;
            while (same < codePoints.length && codePoints[same] == codePoints[i]) {
                same++;
            }
            String one = switch (codePoints[i]) {
                case ' ' -> "·";
                case '\n' -> "\\n";
                case '\r' -> "\\r";
                case '\t' -> "\\t";
                case 0 -> "\\0";
                default -> Character.toString(codePoints[i]);
            };
            int count = same - i;
            boolean digit = Character.isDigit(codePoints[i]);
            shown.append(count > 5 && !digit ? "{" + count + "×" + one + "}" : one.repeat(count));
            i = same;
        }
        return shown.append('|').toString();
    }
}
