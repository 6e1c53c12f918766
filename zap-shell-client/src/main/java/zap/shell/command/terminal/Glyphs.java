package zap.shell.command.terminal;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jline.utils.WCWidth;
import org.jspecify.annotations.Nullable;
import zap.shell.text.TextWidth;
import zap.shell.text.VisibleText;

/**
 * Grapheme clusters as units of the line editor, each as wide as the terminal draws it.
 *
 * <p>JLine counts columns by code point, with a table of Unicode 5. It therefore gets a line in which a character of
 * known width replaces each cluster that it would count wrongly. Its output gets the clusters back. No table knows all
 * terminals, so {@link #unknown} names the clusters to ask the terminal about; until it answers, {@link TextWidth}
 * decides.
 *
 * <p>Not thread-safe: to be used with the editor's lock.
 */
final class Glyphs {

    /** Replacements for units of one column: characters of the Private Use Area. */
    private static final char FIRST_NARROW = '\uE000';

    private static final char LAST_NARROW = '\uF8FF';

    /** Replacements for units of two columns: Yi syllables, which JLine counts as wide. */
    private static final char FIRST_WIDE = '\uA000';

    private static final char LAST_WIDE = '\uA48C';

    /** First code point that some terminals do not draw in one column. */
    private static final int FIRST_UNSURE = 0x250;

    /** Signs of zap, and punctuation, that all terminals draw in one column. */
    private static final String SURE = "–—‘’“”…•€™❯●○◌◷✓✗→│─";

    private static final int CONTROL_PICTURES = 0x2400;

    private final Map<String, Integer> columns = new HashMap<>();
    private final Map<String, Character> narrow = new HashMap<>();
    private final Map<String, Character> wide = new HashMap<>();
    private final Map<Character, String> units = new HashMap<>();

    /** Forgets the replacements, but keeps the widths. For a new line. */
    void newLine() {
        narrow.clear();
        wide.clear();
        units.clear();
    }

    /** Returns an edited text for JLine to lay out, with its control characters made visible. */
    String layoutTyped(String text) {
        var visible = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            visible.append(c < ' ' && c != '\n' && c != '\t' ? (char) (CONTROL_PICTURES + c) : c);
        }
        return layout(visible.toString());
    }

    /** Returns a text for JLine to lay out. Escape sequences stay as they are. */
    String layout(String text) {
        if (isSure(text)) {
            return text;
        }
        var out = new StringBuilder(text.length());
        TextWidth.clusters(text).forEach(cluster -> layout(cluster, out));
        return out.toString();
    }

    private void layout(String cluster, StringBuilder out) {
        if (isSure(cluster)) {
            out.append(cluster);
            return;
        }
        String visible = VisibleText.line(cluster);
        int width = visible.equals(cluster) ? width(cluster) : 0;
        if (width == 0) {
            // It is invisible, or would act on the terminal: it is shown as the message will show it.
            String shown = visible.equals(cluster) ? VisibleText.named(cluster) : visible;
            TextWidth.clusters(shown).stream()
                    .filter(part -> !part.equals(cluster))
                    .forEach(part -> layout(part, out));
        } else if (width <= 2) {
            out.append(unit(cluster, width));
        } else {
            layoutApart(cluster, width, out);
        }
    }

    /** Lays a cluster out as its code points side by side, because the terminal draws it in more than two columns. */
    private void layoutApart(String cluster, int width, StringBuilder out) {
        int[] all = cluster.codePoints().toArray();
        int[] widths = Arrays.stream(all)
                .map(c -> TextWidth.ofCluster(Character.toString(c)))
                .toArray();
        int more = width - Arrays.stream(widths).sum();
        // The terminal deviates: it gives a code point more columns than it should have, or fewer.
        for (int atMost = 0; atMost <= 1; atMost++) {
            for (int i = 0; i < widths.length && more > 0; i++) {
                if (widths[i] == atMost) {
                    widths[i]++;
                    more--;
                }
            }
        }
        for (int i = widths.length - 1; more < 0; i = i == 0 ? widths.length - 1 : i - 1) {
            if (widths[i] > 0) {
                widths[i]--;
                more++;
            }
        }
        var unit = new StringBuilder();
        int unitWidth = 0;
        for (int i = 0; i < all.length; i++) {
            if (widths[i] > 0 && unitWidth > 0) {
                out.append(unit(unit.toString(), unitWidth));
                unit.setLength(0);
                unitWidth = 0;
            }
            unit.appendCodePoint(all[i]);
            unitWidth += widths[i];
        }
        out.append(unit(unit.toString(), Math.max(1, unitWidth)));
    }

    /** Returns the replacement of this unit. */
    private String unit(String unit, int width) {
        if (unit.length() == 1 && !stands(unit.charAt(0)) && WCWidth.wcwidth(unit.charAt(0)) == width) {
            return unit;
        }
        Map<String, Character> assigned = width == 1 ? narrow : wide;
        @Nullable Character known = assigned.get(unit);
        if (known != null) {
            return known.toString();
        }
        char next = (char) ((width == 1 ? FIRST_NARROW : FIRST_WIDE) + assigned.size());
        if (next > (width == 1 ? LAST_NARROW : LAST_WIDE)) {
            return "?".repeat(width); // More different ones than any message has.
        }
        assigned.put(unit, next);
        units.put(next, unit);
        return String.valueOf(next);
    }

    private static boolean stands(char c) {
        return (c >= FIRST_NARROW && c <= LAST_NARROW) || (c >= FIRST_WIDE && c <= LAST_WIDE);
    }

    /** Returns JLine's output with the clusters in place of their replacements. */
    String drawn(String written) {
        if (units.isEmpty()) {
            return written;
        }
        var out = new StringBuilder(written.length());
        for (int i = 0; i < written.length(); i++) {
            char c = written.charAt(i);
            @Nullable String unit = stands(c) ? units.get(c) : null;
            if (unit == null) {
                out.append(c);
            } else {
                out.append(unit);
            }
        }
        return out.toString();
    }

    private int width(String cluster) {
        @Nullable Integer learned = columns.get(kind(cluster));
        return learned != null ? learned : TextWidth.ofCluster(cluster);
    }

    /** Returns clusters of these texts whose width is unknown, one of each kind. */
    List<String> unknown(String... texts) {
        var unknown = new LinkedHashMap<String, String>();
        for (String text : texts) {
            if (isSure(text)) {
                continue;
            }
            for (String cluster : TextWidth.clusters(text)) {
                if (!isSure(cluster) && VisibleText.isPlain(cluster) && !columns.containsKey(kind(cluster))) {
                    unknown.putIfAbsent(kind(cluster), cluster);
                }
            }
        }
        return new ArrayList<>(unknown.values());
    }

    /** Notes that the terminal draws this cluster, and all of its kind, in this many columns. */
    void learn(String cluster, int width) {
        columns.put(kind(cluster), width);
    }

    /**
     * Returns the kind of a cluster. Terminals treat letters of one script with the same marks alike; each other
     * cluster is its own kind.
     */
    private static String kind(String cluster) {
        String composed = Normalizer.normalize(cluster, Normalizer.Form.NFC);
        boolean letters =
                composed.codePoints().allMatch(c -> Character.isLetter(c) || isMark(c)) && composed.codePointAt(0) > 0;
        if (!letters) {
            return cluster;
        }
        var kind = new StringBuilder(
                Character.UnicodeScript.of(composed.codePointAt(0)).name());
        composed.codePoints()
                .forEach(c -> kind.append(' ')
                        .append(isMark(c) ? Character.getType(c) : 0)
                        .append('/')
                        .append(TextWidth.ofCluster(Character.toString(c))));
        return kind.toString();
    }

    private static boolean isMark(int c) {
        int type = Character.getType(c);
        return type == Character.NON_SPACING_MARK
                || type == Character.COMBINING_SPACING_MARK
                || type == Character.ENCLOSING_MARK;
    }

    private static boolean isSure(String text) {
        return text.chars()
                .allMatch(c -> (c < FIRST_UNSURE && c != 0xAD && (c < 0x7F || c >= 0xA0)) || SURE.indexOf(c) >= 0);
    }
}
