package zap.shell.text;

import java.util.ArrayList;
import java.util.List;
import zap.protocol.Body;

/** Cuts a text into messages. */
public final class MessageTexts {

    private MessageTexts() {}

    /**
     * The text in as few messages as it takes, cut between words where there is a word border in the second half of a message. A
     * word longer than that is cut where the message is full, but never inside what is seen as one character.
     */
    public static List<String> split(String text) {
        var parts = new ArrayList<String>();
        String rest = text.stripTrailing();
        while (length(rest) > Body.MAX_CODE_POINTS) {
            int hard = rest.offsetByCodePoints(0, Body.MAX_CODE_POINTS);
            int half = rest.offsetByCodePoints(0, Body.MAX_CODE_POINTS / 2);
            int cut = hard;
            while (cut > half && !Character.isWhitespace(rest.charAt(cut))) {
                cut--;
            }
            if (cut <= half) {
                cut = endOfCharacter(rest, hard, half);
            }
            parts.add(rest.substring(0, cut).stripTrailing());
            // The blank or the line break at which it was cut; what is indented after that stays so.
            int next = cut;
            while (next < rest.length() && rest.charAt(next) == ' ') {
                next++;
            }
            if (next < rest.length() && rest.charAt(next) == '\n') {
                next++;
            }
            rest = rest.substring(next);
        }
        parts.add(rest);
        return parts;
    }

    /** How many code points a text has: what a message counts. */
    public static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    private static int endOfCharacter(String text, int hard, int half) {
        int at = hard;
        while (at > half) {
            int next = text.codePointAt(at);
            int previous = text.codePointBefore(at);
            if (!joins(next) && previous != 0x200D) {
                return at;
            }
            at -= Character.charCount(previous);
        }
        return hard;
    }

    /** Whether this is drawn together with what stands before it: marks, variation selectors, joiners, skin tones. */
    private static boolean joins(int c) {
        int type = Character.getType(c);
        return type == Character.NON_SPACING_MARK
                || type == Character.ENCLOSING_MARK
                || type == Character.COMBINING_SPACING_MARK
                || c == 0x200D
                || (c >= 0x1F3FB && c <= 0x1F3FF);
    }
}
