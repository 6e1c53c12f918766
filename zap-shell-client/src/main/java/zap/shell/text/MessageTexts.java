package zap.shell.text;

import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import zap.protocol.Body;

/** The cutting of a text into messages. */
public final class MessageTexts {

    /** Number of characters to look ahead, to see whether a cluster continues. */
    private static final int LONGEST_LOOK_AHEAD = 64;

    private MessageTexts() {}

    /**
     * Returns the text in as few messages as possible. It is cut between words: a word that fits into a message stays
     * whole. A longer word is cut where the message is full, but never inside a grapheme cluster. A cut removes one
     * blank or line break, and the blanks that end a line; indentation stays.
     */
    public static List<String> split(String text) {
        var parts = new ArrayList<String>();
        String rest = text.stripTrailing();
        if (length(rest) > Body.MAX_CODE_POINTS) {
            rest = withoutBlanksThatFillAMessage(rest);
        }
        while (length(rest) > Body.MAX_CODE_POINTS) {
            Seam seam = seamOf(rest);
            parts.add(rest.substring(0, seam.end()));
            rest = rest.substring(seam.next());
        }
        parts.add(rest);
        return parts;
    }

    /** Returns the number of code points of a text, which is how messages are measured. */
    public static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /**
     * A cut in a text.
     *
     * @param end the end of the first part
     * @param next the beginning of the rest
     */
    private record Seam(int end, int next) {}

    private static Seam seamOf(String text) {
        int full = text.offsetByCodePoints(0, Body.MAX_CODE_POINTS);
        int end = endOfWords(text, full);
        if (end > 0) {
            int next = afterBlanks(text, end);
            int half = text.offsetByCodePoints(0, Body.MAX_CODE_POINTS / 2);
            if (end > half || fitsIntoOne(text, next)) {
                return new Seam(end, afterSeam(text, end, next));
            }
        }
        int cut = beforeAddress(text, endOfCharacter(text, full));
        return new Seam(cut, cut);
    }

    /**
     * Returns the text without the blanks before its first word where they would push the word out, because no message
     * consists of blanks.
     */
    private static String withoutBlanksThatFillAMessage(String text) {
        int word = afterBlanks(text, 0);
        int blanks = text.codePointCount(0, word);
        boolean pushedOut = blanks > 0
                && fitsIntoOne(text, word)
                && blanks + text.codePointCount(word, endOfWord(text, word)) > Body.MAX_CODE_POINTS;
        return blanks > Body.MAX_CODE_POINTS / 2 || pushedOut ? text.substring(word) : text;
    }

    /** Returns the beginning of an address that follows another script without a blank; without one, the cut itself. */
    private static int beforeAddress(String text, int cut) {
        int start = cut;
        while (start > 0 && isAscii(text.charAt(start - 1))) {
            start--;
        }
        int end = cut;
        while (end < text.length() && isAscii(text.charAt(end))) {
            end++;
        }
        boolean isCut = start < cut && cut < end && end - start <= Body.MAX_CODE_POINTS;
        return isCut && start > 0 ? start : cut;
    }

    private static boolean isAscii(char c) {
        return c > ' ' && c < 0x7F;
    }

    /** Returns the end of the last word that fits and has a blank after it; 0 without one. */
    private static int endOfWords(String text, int full) {
        int at = full;
        while (at > 0 && !Character.isWhitespace(text.charAt(at))) {
            at--;
        }
        while (at > 0 && Character.isWhitespace(text.charAt(at - 1))) {
            at--;
        }
        return at;
    }

    private static int afterBlanks(String text, int from) {
        int at = from;
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    /** Returns whether the word that begins there fits into a message. */
    private static boolean fitsIntoOne(String text, int from) {
        return text.codePointCount(from, endOfWord(text, from)) <= Body.MAX_CODE_POINTS;
    }

    private static int endOfWord(String text, int from) {
        int at = from;
        while (at < text.length() && !Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    /**
     * Returns the beginning of the next part: after the line break with the invisible blanks before it, or else after
     * one blank.
     */
    private static int afterSeam(String text, int end, int word) {
        if (text.codePointCount(end, word) > Body.MAX_CODE_POINTS / 2) {
            return word; // So many blanks are no indentation, and might fill a message alone.
        }
        int lineBreak = text.indexOf('\n', end);
        return lineBreak >= 0 && lineBreak < word ? lineBreak + 1 : end + 1;
    }

    /** Returns the last border between two grapheme clusters up to this index. */
    private static int endOfCharacter(String text, int full) {
        BreakIterator characters = BreakIterator.getCharacterInstance(Locale.ROOT);
        characters.setText(text.substring(0, Math.min(text.length(), full + LONGEST_LOOK_AHEAD)));
        int border = characters.isBoundary(full) ? full : characters.preceding(full);
        return border > 0 ? border : full;
    }
}
