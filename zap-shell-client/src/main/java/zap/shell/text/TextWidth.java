package zap.shell.text;

import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The grapheme clusters of a text, and their width in columns, both by Unicode 16.0.
 *
 * <p>The clusters are those of UAX #29, as the JDK knows them. The width is East Asian Width, with 0 for marks and
 * format characters and 2 for emoji. Terminals differ from it and from each other; docs/client.md lists the
 * differences.
 */
public final class TextWidth {

    private static final int ZERO_WIDTH_JOINER = 0x200D;
    private static final int SOFT_HYPHEN = 0xAD;
    private static final int EMOJI_PRESENTATION = 0xFE0F;
    private static final int KEYCAP = 0x20E3;

    /**
     * First and last code point of each range of East Asian Width W and F in EastAsianWidth.txt of Unicode 16.0. Ranges
     * that only unassigned code points separate are one.
     */
    private static final int[] WIDE = {
        0x1100, 0x115F, 0x231A, 0x231B, 0x2329, 0x232A, 0x23E9, 0x23EC, 0x23F0, 0x23F0, 0x23F3, 0x23F3, 0x25FD, 0x25FE,
        0x2614, 0x2615, 0x2630, 0x2637, 0x2648, 0x2653, 0x267F, 0x267F, 0x268A, 0x268F, 0x2693, 0x2693, 0x26A1, 0x26A1,
        0x26AA, 0x26AB, 0x26BD, 0x26BE, 0x26C4, 0x26C5, 0x26CE, 0x26CE, 0x26D4, 0x26D4, 0x26EA, 0x26EA, 0x26F2, 0x26F3,
        0x26F5, 0x26F5, 0x26FA, 0x26FA, 0x26FD, 0x26FD, 0x2705, 0x2705, 0x270A, 0x270B, 0x2728, 0x2728, 0x274C, 0x274C,
        0x274E, 0x274E, 0x2753, 0x2755, 0x2757, 0x2757, 0x2795, 0x2797, 0x27B0, 0x27B0, 0x27BF, 0x27BF, 0x2B1B, 0x2B1C,
        0x2B50, 0x2B50, 0x2B55, 0x2B55, 0x2E80, 0x3029, 0x3030, 0x303E, 0x3041, 0x3096, 0x309B, 0x3163, 0x3165, 0x3247,
        0x3250, 0xA4C6, 0xA960, 0xA97C, 0xAC00, 0xD7A3, 0xF900, 0xFAFF, 0xFE10, 0xFE19, 0xFE30, 0xFE6B, 0xFF01, 0xFF60,
        0xFFE0, 0xFFE6, 0x16FE0, 0x16FE3, 0x17000, 0x1B2FB, 0x1D300, 0x1D376, 0x1F004, 0x1F004, 0x1F0CF, 0x1F0CF,
        0x1F18E, 0x1F18E, 0x1F191, 0x1F19A, 0x1F200, 0x1F320, 0x1F32D, 0x1F335, 0x1F337, 0x1F37C, 0x1F37E, 0x1F393,
        0x1F3A0, 0x1F3CA, 0x1F3CF, 0x1F3D3, 0x1F3E0, 0x1F3F0, 0x1F3F4, 0x1F3F4, 0x1F3F8, 0x1F43E, 0x1F440, 0x1F440,
        0x1F442, 0x1F4FC, 0x1F4FF, 0x1F53D, 0x1F54B, 0x1F54E, 0x1F550, 0x1F567, 0x1F57A, 0x1F57A, 0x1F595, 0x1F596,
        0x1F5A4, 0x1F5A4, 0x1F5FB, 0x1F64F, 0x1F680, 0x1F6C5, 0x1F6CC, 0x1F6CC, 0x1F6D0, 0x1F6D2, 0x1F6D5, 0x1F6DF,
        0x1F6EB, 0x1F6EC, 0x1F6F4, 0x1F6FC, 0x1F7E0, 0x1F7F0, 0x1F90C, 0x1F93A, 0x1F93C, 0x1F945, 0x1F947, 0x1F9FF,
        0x1FA70, 0x1FAF8, 0x20000, 0x2FFFD, 0x30000, 0x3FFFD
    };

    private TextWidth() {}

    /** Returns the grapheme clusters of a text, in their order. */
    public static List<String> clusters(String text) {
        var clusters = new ArrayList<String>();
        BreakIterator breaks = breaks(text);
        int from = 0;
        for (int to = breaks.next(); to != BreakIterator.DONE; to = breaks.next()) {
            clusters.add(text.substring(from, to));
            from = to;
        }
        return clusters;
    }

    /** Returns the end of the cluster that contains the character at this index; the text's length at its end. */
    public static int after(String text, int index) {
        return index >= text.length() ? text.length() : breaks(text).following(index);
    }

    /**
     * Returns the beginning of the cluster that contains the character before this index; 0 at the text's beginning.
     */
    public static int before(String text, int index) {
        return index <= 0 ? 0 : breaks(text).preceding(index);
    }

    private static BreakIterator breaks(String text) {
        // The root locale has the clusters of UAX #29, without the exceptions of a language.
        BreakIterator breaks = BreakIterator.getCharacterInstance(Locale.ROOT);
        breaks.setText(text);
        return breaks;
    }

    /** Returns the width of a text in columns. */
    public static int columns(String text) {
        return clusters(text).stream().mapToInt(TextWidth::ofCluster).sum();
    }

    /** Returns the width of a grapheme cluster in columns. */
    public static int ofCluster(String cluster) {
        return isEmoji(cluster)
                ? 2
                : cluster.codePoints().map(TextWidth::ofCodePoint).sum();
    }

    /** Returns whether the code points of a cluster are shown together as one emoji. */
    private static boolean isEmoji(String cluster) {
        int first = cluster.codePointAt(0);
        int[] all = cluster.codePoints().toArray();
        if (all.length < 2) {
            return false;
        }
        if (isRegionalIndicator(first)) {
            return isRegionalIndicator(all[1]);
        }
        if (all[all.length - 1] == KEYCAP || all[1] == EMOJI_PRESENTATION) {
            return Character.isEmoji(first);
        }
        return Character.isExtendedPictographic(first)
                && Arrays.stream(all).skip(1).anyMatch(c -> c == ZERO_WIDTH_JOINER || Character.isEmojiModifier(c));
    }

    private static boolean isRegionalIndicator(int c) {
        return c >= 0x1F1E6 && c <= 0x1F1FF;
    }

    /** Returns the width of a single code point in columns. */
    static int ofCodePoint(int c) {
        if (c == SOFT_HYPHEN) {
            return 1;
        }
        int type = Character.getType(c);
        boolean medialOrFinal = (c >= 0x1160 && c <= 0x11FF) || (c >= 0xD7B0 && c <= 0xD7FB);
        if (type == Character.NON_SPACING_MARK
                || type == Character.ENCLOSING_MARK
                || type == Character.FORMAT
                || type == Character.CONTROL
                || medialOrFinal) {
            return 0;
        }
        return isWide(c) ? 2 : 1;
    }

    private static boolean isWide(int c) {
        int at = Arrays.binarySearch(WIDE, c);
        // Inside a range: at or after its first, and at or before its last.
        return at >= 0 || (-at - 1) % 2 == 1;
    }
}
