package zap.shell.text;

import java.text.Normalizer;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The names that the user gives to people and groups. A name is one word, can be typed as it is displayed, and does not
 * look like another name.
 */
public final class Names {

    public static final int MAX_CODE_POINTS = 32;

    private static final int DIGITS_OF_AN_ID = 13;

    private static final int ZERO_WIDTH_NON_JOINER = 0x200C;
    private static final int ZERO_WIDTH_JOINER = 0x200D;
    private static final int COMBINING_GRAPHEME_JOINER = 0x034F;
    private static final int DOTLESS_SMALL_I = 0x0131;
    private static final int DOTTED_CAPITAL_I = 0x0130;

    /** Letters of other scripts, and digits, that look like Latin letters. */
    private static final Map<Integer, String> LOOKS_LIKE = lookalikes();

    /** Letters whose mark Unicode does not treat as a mark, and their usual replacements. */
    private static final Map<Integer, String> WITHOUT_MARK = Map.of(
            (int) 'ß', "ss", (int) 'ł', "l", (int) 'ø', "o", (int) 'đ', "d", (int) 'ħ', "h", (int) 'ı', "i", (int) 'æ',
            "ae", (int) 'œ', "oe", (int) 'þ', "th", (int) 'ð', "d");

    /** The sign in Indic scripts that removes a letter's vowel. A joiner may follow it even at the end of a word. */
    private static final Set<Integer> VIRAMAS =
            Set.of(0x094D, 0x09CD, 0x0A4D, 0x0ACD, 0x0B4D, 0x0BCD, 0x0C4D, 0x0CCD, 0x0D4D, 0x0DCA);

    /** A dot on a letter that already has one, and a mark that is drawn over the same mark. */
    private static final Pattern DOT_ON_A_DOT = Pattern.compile("([ij][\\p{M}&&[^\u0307]]*)\u0307");

    private static final Pattern SAME_MARK_AGAIN = Pattern.compile("(\\p{M})\\1+");

    /** The reasons why a name is not allowed. */
    public enum Fault {
        EMPTY,
        TOO_LONG,
        HAS_BLANKS,
        LOOKS_LIKE_AN_ID,
        BEGINS_LIKE_AN_OPTION,
        UNPRINTABLE
    }

    private Names() {}

    /** Returns the name in the form in which it is stored. */
    public static String normalized(String name) {
        return Normalizer.normalize(name, Normalizer.Form.NFC);
    }

    /** Returns the fault of a name; null without one. */
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
        if (!VisibleText.isPlain(name) || hasInvisibleWithoutEffect(name)) {
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
     * Returns the key of a name: two names with the same key are one name. The key ignores case, Unicode's ways to
     * write one letter (NFKC), and invisible joiners and marks. Visible marks count, because in Vietnamese, Hindi or
     * Portuguese a letter with a mark is another letter.
     */
    public static String key(String name) {
        String composed = Normalizer.normalize(name, Normalizer.Form.NFKC);
        var out = new StringBuilder(composed.length());
        composed.codePoints()
                .filter(c -> !isJoiner(c) && !isInvisibleMark(c))
                .map(Names::lowerCase)
                .forEach(out::appendCodePoint);
        return Normalizer.normalize(out, Normalizer.Form.NFKC);
    }

    /**
     * Returns the text in Unicode's simple case folding, in which the Turkish letters with and without a dot stay
     * different.
     */
    private static int lowerCase(int c) {
        return c == DOTLESS_SMALL_I || c == DOTTED_CAPITAL_I ? c : Character.toLowerCase(Character.toUpperCase(c));
    }

    /** Returns the letters of a name without case and marks, to propose similar names. */
    public static String letters(String name) {
        String decomposed = Normalizer.normalize(name, Normalizer.Form.NFKD).toLowerCase(Locale.ROOT);
        var out = new StringBuilder(decomposed.length());
        decomposed
                .codePoints()
                .filter(c -> Character.getType(c) != Character.NON_SPACING_MARK)
                .forEach(c -> out.append(WITHOUT_MARK.getOrDefault(c, Character.toString(c))));
        return out.toString();
    }

    /** Returns the looks of a name: two names with the same looks cannot coexist. */
    public static String looks(String name) {
        // Separates letters and marks, so that a letter of another script with its mark looks like a Latin one, too.
        String decomposed = Normalizer.normalize(name, Normalizer.Form.NFKD);
        // Before lower case, because a capital I and a small l look the same.
        String once = Normalizer.normalize(key(asTheyLook(decomposed)), Normalizer.Form.NFKD);
        String strokes = SAME_MARK_AGAIN.matcher(asTheyLook(once)).replaceAll("$1");
        strokes = DOT_ON_A_DOT.matcher(strokes.replace("ı\u0307", "i")).replaceAll("$1");
        return strokes.replace("rn", "m").replace("vv", "w").replaceAll("[-_.'’·]", "");
    }

    private static String asTheyLook(String letters) {
        var out = new StringBuilder(letters.length());
        letters.codePoints().forEach(c -> out.append(LOOKS_LIKE.getOrDefault(c, Character.toString(c))));
        return out.toString();
    }

    /**
     * Returns whether an invisible joiner or mark stands where no script needs one. Joining scripts need joiners
     * between two letters, emoji between two signs. Elsewhere a user could neither see nor type it.
     */
    private static boolean hasInvisibleWithoutEffect(String name) {
        int[] points = name.codePoints().toArray();
        for (int i = 0; i < points.length; i++) {
            int c = points[i];
            if (!isJoiner(c) && !isInvisibleMark(c)) {
                continue;
            }
            if (i == 0) {
                return true;
            }
            int before = points[i - 1];
            if (isInvisibleMark(c)) {
                if (!selectsAShape(c, before)) {
                    return true;
                }
            } else if (i == points.length - 1 ? !VIRAMAS.contains(before) : !joins(c, before, points[i + 1])) {
                return true;
            }
        }
        return false;
    }

    private static boolean isJoiner(int c) {
        return c == ZERO_WIDTH_NON_JOINER || c == ZERO_WIDTH_JOINER;
    }

    /**
     * Returns whether Unicode makes this mark invisible (Default_Ignorable_Code_Point). Such a mark only chooses a
     * shape, or does nothing.
     */
    private static boolean isInvisibleMark(int c) {
        return c == COMBINING_GRAPHEME_JOINER
                || c == 0x17B4
                || c == 0x17B5
                || (c >= 0x180B && c <= 0x180F)
                || isVariationSelector(c)
                || isIdeographicVariationSelector(c);
    }

    private static boolean isVariationSelector(int c) {
        return c >= 0xFE00 && c <= 0xFE0F;
    }

    private static boolean isIdeographicVariationSelector(int c) {
        return c >= 0xE0100 && c <= 0xE01EF;
    }

    /**
     * Returns whether this mark chooses the shape of the character before it: of an emoji, or of a Chinese character in
     * a family name.
     */
    private static boolean selectsAShape(int mark, int before) {
        Character.UnicodeScript script = Character.UnicodeScript.of(before);
        if (isVariationSelector(mark)) {
            return Character.isEmoji(before)
                    || script == Character.UnicodeScript.HAN
                    || script == Character.UnicodeScript.MYANMAR;
        }
        return isIdeographicVariationSelector(mark)
                ? script == Character.UnicodeScript.HAN
                : mark >= 0x180B && mark <= 0x180F && script == Character.UnicodeScript.MONGOLIAN;
    }

    private static boolean joins(int joiner, int before, int after) {
        boolean signs =
                isSign(after) && (isSign(before) || Character.isEmojiModifier(before) || isVariationSelector(before));
        return (signs && joiner == ZERO_WIDTH_JOINER) || (isOfAJoiningScript(before) && isOfAJoiningScript(after));
    }

    private static boolean isSign(int c) {
        return Character.isEmojiPresentation(c) || Character.isExtendedPictographic(c);
    }

    private static boolean isOfAJoiningScript(int c) {
        if (Character.isDigit(c)) {
            return false;
        }
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
                    TIBETAN,
                    JAVANESE,
                    BALINESE,
                    SUNDANESE,
                    ADLAM,
                    HANIFI_ROHINGYA,
                    CHAKMA,
                    MEETEI_MAYEK,
                    NEWA -> true;
            // Several scripts share this vowel sign.
            case INHERITED -> Character.getType(c) == Character.NON_SPACING_MARK;
            default -> false;
        };
    }

    /** Returns the thirteen digits of an id that may be typed in groups; null when it is no id. */
    public static @Nullable String idIn(String text) {
        String digits = text.replaceAll("[\\s.\\-]", "");
        return digits.length() == DIGITS_OF_AN_ID && digits.chars().allMatch(c -> c >= '0' && c <= '9') ? digits : null;
    }

    /** Returns an id in groups for reading aloud: 1 2345 6789 0123. */
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
