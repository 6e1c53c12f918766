package zap.shell.text;

import java.text.Normalizer;
import java.util.HashMap;
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

    private static final int ZERO_WIDTH_NON_JOINER = 0x200C;
    private static final int ZERO_WIDTH_JOINER = 0x200D;
    private static final int DOTLESS_SMALL_I = 0x0131;
    private static final int DOTTED_CAPITAL_I = 0x0130;

    /** Letters of other scripts, and digits, that are drawn like Latin letters. */
    private static final Map<Integer, String> LOOKS_LIKE = lookalikes();

    /** Letters whose mark is no mark to Unicode, and what people type who do not have them. */
    private static final Map<Integer, String> WITHOUT_MARK = Map.of(
            (int) 'ß', "ss", (int) 'ł', "l", (int) 'ø', "o", (int) 'đ', "d", (int) 'ħ', "h", (int) 'ı', "i", (int) 'æ',
            "ae", (int) 'œ', "oe", (int) 'þ', "th", (int) 'ð', "d");

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
        if (!VisibleText.isPlain(name) || hasJoinerThatJoinsNothing(name)) {
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

    /**
     * Returns what a name is known by: two names with the same key are one name. Case does not count, nor how Unicode writes
     * the same letter (NFKC), nor the joiners that cannot be seen. Marks do: to who reads Vietnamese, Hindi or Portuguese a
     * letter with a mark is another letter.
     */
    public static String key(String name) {
        String composed = Normalizer.normalize(name, Normalizer.Form.NFKC);
        var out = new StringBuilder(composed.length());
        composed.codePoints()
                .filter(c -> c != ZERO_WIDTH_NON_JOINER && c != ZERO_WIDTH_JOINER)
                .map(Names::lowerCase)
                .forEach(out::appendCodePoint);
        return Normalizer.normalize(out, Normalizer.Form.NFKC);
    }

    /** The simple case folding of Unicode, in which the Turkish letters with and without a dot stay what they are. */
    private static int lowerCase(int c) {
        return c == DOTLESS_SMALL_I || c == DOTTED_CAPITAL_I ? c : Character.toLowerCase(Character.toUpperCase(c));
    }

    /** Returns the letters of a name without case and marks: what is proposed to somebody who typed a similar one. */
    public static String letters(String name) {
        String decomposed = Normalizer.normalize(name, Normalizer.Form.NFKD).toLowerCase(Locale.ROOT);
        var out = new StringBuilder(decomposed.length());
        decomposed
                .codePoints()
                .filter(c -> Character.getType(c) != Character.NON_SPACING_MARK)
                .forEach(c -> out.append(WITHOUT_MARK.getOrDefault(c, Character.toString(c))));
        return out.toString();
    }

    /** What a name looks like at a glance: two names with the same looks cannot stand beside each other. */
    public static String looks(String name) {
        // Letters and marks apart, so that a letter of another script looks like ours with its mark, too.
        String decomposed = Normalizer.normalize(name, Normalizer.Form.NFKD);
        // Before lower case, for there a capital I and a small l are the same stroke.
        String once = Normalizer.normalize(key(asTheyLook(decomposed)), Normalizer.Form.NFKD);
        return asTheyLook(once).replace("rn", "m").replace("vv", "w").replaceAll("[-_.'’·]", "");
    }

    private static String asTheyLook(String letters) {
        var out = new StringBuilder(letters.length());
        letters.codePoints().forEach(c -> out.append(LOOKS_LIKE.getOrDefault(c, Character.toString(c))));
        return out.toString();
    }

    /**
     * Returns whether a joiner or non-joiner stands where no script needs one. Scripts whose letters join need them between two
     * letters, and emoji between two signs; elsewhere it could not be seen, and not be typed again.
     */
    private static boolean hasJoinerThatJoinsNothing(String name) {
        int[] points = name.codePoints().toArray();
        for (int i = 0; i < points.length; i++) {
            boolean joiner = points[i] == ZERO_WIDTH_NON_JOINER || points[i] == ZERO_WIDTH_JOINER;
            if (joiner && (i == 0 || i == points.length - 1 || !joins(points[i], points[i - 1], points[i + 1]))) {
                return true;
            }
        }
        return false;
    }

    private static boolean joins(int joiner, int before, int after) {
        boolean sign = Character.isEmojiPresentation(after) || Character.isExtendedPictographic(after);
        return (sign && joiner == ZERO_WIDTH_JOINER) || (isOfAJoiningScript(before) && isOfAJoiningScript(after));
    }

    private static boolean isOfAJoiningScript(int c) {
        return switch (Character.UnicodeScript.of(c)) {
            case ARABIC,
                    SYRIAC,
                    MONGOLIAN,
                    NKO,
                    MANDAIC,
                    PHAGS_PA,
                    DEVANAGARI,
                    BENGALI,
                    GURMUKHI,
                    GUJARATI,
                    ORIYA,
                    TAMIL,
                    TELUGU,
                    KANNADA,
                    MALAYALAM,
                    SINHALA,
                    KHMER,
                    MYANMAR,
                    TIBETAN -> true;
            // A vowel sign that several scripts share.
            case INHERITED -> Character.getType(c) == Character.NON_SPACING_MARK;
            default -> false;
        };
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
                + "ɑaɡgɩiʟlօoսuոnհhց9"; // Latin and Armenian
        var map = new HashMap<Integer, String>();
        int[] points = pairs.codePoints().toArray();
        for (int i = 0; i + 1 < points.length; i += 2) {
            map.put(points[i], Character.toString(points[i + 1]));
        }
        return Map.copyOf(map);
    }
}
