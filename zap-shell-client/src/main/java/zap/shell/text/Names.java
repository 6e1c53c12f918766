package zap.shell.text;

import java.text.Normalizer;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The names that the user gives to people and groups. A name is one word, can be typed again as it is seen, and does not look like
 * another one.
 */
public final class Names {

    public static final int MAX_CODE_POINTS = 32;

    private static final int DIGITS_OF_AN_ID = 13;

    /** Letters of other scripts, and digits, that are drawn like Latin letters. */
    private static final Map<Integer, String> LOOKS_LIKE = lookalikes();

    /** Why a name cannot be one. */
    public enum Fault {
        EMPTY,
        TOO_LONG,
        HAS_BLANKS,
        LOOKS_LIKE_AN_ID,
        BEGINS_LIKE_AN_OPTION,
        UNPRINTABLE
    }

    private Names() {}

    /** The name as it is kept. */
    public static String normalized(String name) {
        return Normalizer.normalize(name, Normalizer.Form.NFC);
    }

    /** What is wrong with a name; null when nothing is. */
    public static @Nullable Fault faultOf(String name) {
        if (name.isEmpty()) {
            return Fault.EMPTY;
        }
        if (name.codePointCount(0, name.length()) > MAX_CODE_POINTS) {
            return Fault.TOO_LONG;
        }
        if (name.codePoints().anyMatch(c -> Character.isWhitespace(c) || Character.isSpaceChar(c))) {
            return Fault.HAS_BLANKS;
        }
        if (!VisibleText.isPlain(name) || name.indexOf(0x200C) >= 0 || name.indexOf(0x200D) >= 0) {
            return Fault.UNPRINTABLE;
        }
        int first = name.codePointAt(0);
        if (first == '-' || first == '/' || first == '#' || first == '@') {
            return Fault.BEGINS_LIKE_AN_OPTION;
        }
        if (name.codePoints().allMatch(c -> Character.isDigit(c) || c == '-' || c == '.')) {
            return Fault.LOOKS_LIKE_AN_ID;
        }
        return null;
    }

    /** What a name is found by: without upper case and accents. */
    public static String folded(String name) {
        String decomposed = Normalizer.normalize(name, Normalizer.Form.NFKD).toLowerCase(Locale.ROOT);
        var out = new StringBuilder(decomposed.length());
        decomposed
                .codePoints()
                .filter(c -> Character.getType(c) != Character.NON_SPACING_MARK)
                .forEach(out::appendCodePoint);
        return out.toString();
    }

    /** What a name looks like at a glance: two names with the same looks cannot stand beside each other. */
    public static String looks(String name) {
        var out = new StringBuilder(name.length());
        // Before lower case, for there a capital I and a small l are the same stroke.
        name.codePoints().forEach(c -> out.append(LOOKS_LIKE.getOrDefault(c, Character.toString(c))));
        var once = folded(out.toString());
        out.setLength(0);
        once.codePoints().forEach(c -> out.append(LOOKS_LIKE.getOrDefault(c, Character.toString(c))));
        return out.toString().replace("rn", "m").replace("vv", "w").replaceAll("[-_.'’·]", "");
    }

    /** Thirteen digits, however they were grouped for reading; null when that is not what it is. */
    public static @Nullable String idIn(String text) {
        String digits = text.replaceAll("[\\s.\\-]", "");
        return digits.length() == DIGITS_OF_AN_ID && digits.chars().allMatch(c -> c >= '0' && c <= '9') ? digits : null;
    }

    /** An id in groups that can be read out: 1 2345 6789 0123. */
    public static String readable(String id) {
        return id.length() == DIGITS_OF_AN_ID
                ? id.charAt(0) + " " + id.substring(1, 5) + " " + id.substring(5, 9) + " " + id.substring(9)
                : id;
    }

    private static Map<Integer, String> lookalikes() {
        String pairs = "0o1lIl|l5s"
                + "аaеeоoрpсcуyхxіiјjѕsԁdһhԛqԝwӏlвbнhкkмmтtгr" // Cyrillic
                + "АaВbЕeКkМmНhОoРpСcТtУyХxІlЅsЈj"
                + "αaοoρpνvυuτtιiκkηnωwχxγyεe" // Greek
                + "ΑaΒbΕeΖzΗhΙlΚkΜmΝnΟoΡpΤtΥyΧx"
                + "ıiɑaɡgɩiʟlօoսuոnհhց9"; // Latin and Armenian
        var map = new java.util.HashMap<Integer, String>();
        int[] points = pairs.codePoints().toArray();
        for (int i = 0; i + 1 < points.length; i += 2) {
            map.put(points[i], Character.toString(points[i + 1]));
        }
        return Map.copyOf(map);
    }
}
