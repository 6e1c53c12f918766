package zap.shell.text;

import java.lang.Character.UnicodeScript;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The terms by which a search finds texts.
 *
 * <p>A term is a word between blanks, without case and accents. In scripts without blanks, and for emoji and signs,
 * each character is a term, so a word inside such a text is found as a sequence of characters.
 */
public final class SearchTerms {

    /** Prefix of the number of a sign, so that it differs from all words. */
    private static final char SIGN = '\uE000';

    /** Letters that do not decompose, and their usual replacements. */
    private static final Map<Integer, String> FOLDED = Map.of(
            (int) 'ß', "ss", (int) 'ł', "l", (int) 'ø', "o", (int) 'đ', "d", (int) 'ħ', "h", (int) 'ı', "i", (int) 'æ',
            "ae", (int) 'œ', "oe", (int) 'þ', "th", (int) 'ς', "σ");

    private SearchTerms() {}

    /** Returns the terms of a text in their order, with a blank between them. */
    public static String of(String text) {
        return terms(text).stream().map(Term::text).collect(Collectors.joining(" "));
    }

    /**
     * Returns the FTS5 query that finds the texts with all given words. The last word may be incomplete.
     *
     * @param words separated by blanks
     * @return empty when they contain no term
     */
    public static Optional<String> query(String words) {
        String query = phrases(words).stream()
                .map(phrase -> '"' + phrase.stream().map(Term::text).collect(Collectors.joining(" ")) + '"')
                .collect(Collectors.joining(" "));
        if (query.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(mayGoOn(phrases(words).getLast()) ? query + "*" : query);
    }

    /** Returns whether a text has all given words. It finds the same texts as {@link #query}, without an index. */
    public static boolean matches(String text, String words) {
        List<List<Term>> phrases = phrases(words);
        String terms = " " + of(text) + " ";
        for (int i = 0; i < phrases.size(); i++) {
            List<Term> phrase = phrases.get(i);
            boolean last = i == phrases.size() - 1;
            String sought = " " + phrase.stream().map(Term::text).collect(Collectors.joining(" "));
            if (!terms.contains(last && mayGoOn(phrase) ? sought : sought + " ")) {
                return false;
            }
        }
        return !phrases.isEmpty();
    }

    private static List<List<Term>> phrases(String words) {
        return Arrays.stream(words.strip().split("\\s+", -1))
                .map(word -> terms(hasLetterOrDigit(word) ? withoutPunctuation(word) : word))
                .filter(phrase -> !phrase.isEmpty())
                .toList();
    }

    private static boolean mayGoOn(List<Term> phrase) {
        return phrase.getLast().isWord();
    }

    private static boolean hasLetterOrDigit(String word) {
        return word.codePoints().anyMatch(Character::isLetterOrDigit);
    }

    /** Returns a word without the punctuation around it, because {@code hello,} is often copied from a sentence. */
    private static String withoutPunctuation(String word) {
        return word.replaceAll("^[\\p{Ps}\\p{Pi}\"',.;:!?¡¿]+|[\\p{Pe}\\p{Pf}\"',.;:!?…]+$", "");
    }

    /**
     * A term.
     *
     * @param isWord whether it is a word, and so may be the beginning of a longer one
     */
    private record Term(String text, boolean isWord) {}

    private static List<Term> terms(String text) {
        var terms = new Terms();
        String folded = Normalizer.normalize(text, Normalizer.Form.NFKD).toLowerCase(Locale.ROOT);
        for (int c : folded.codePoints().toArray()) {
            int type = Character.getType(c);
            if (type == Character.NON_SPACING_MARK
                    || type == Character.ENCLOSING_MARK
                    || type == Character.COMBINING_SPACING_MARK) {
                terms.mark(c);
            } else if (isUnspaced(c) || beginsSyllable(c)) {
                terms.character(c);
            } else if (continuesSyllable(c)) {
                terms.mark(c);
            } else if (Character.isLetterOrDigit(c)) {
                terms.letter(c);
            } else {
                terms.end();
                if (!Character.isWhitespace(c) && !Character.isSpaceChar(c) && !isInvisible(c)) {
                    terms.sign(c);
                }
            }
        }
        terms.end();
        return terms.ended;
    }

    /** The terms of a text that is being read. */
    private static final class Terms {

        private final List<Term> ended = new ArrayList<>();
        private final StringBuilder current = new StringBuilder();
        private boolean isWord;
        private boolean keepsMarks;

        void letter(int c) {
            if (!isWord) {
                end();
            }
            isWord = true;
            keepsMarks = !isAccented(c);
            current.append(FOLDED.getOrDefault(c, Character.toString(c)));
        }

        /** Adds a character of a script without blanks, in which each character is a term. */
        void character(int c) {
            end();
            isWord = false;
            keepsMarks = true;
            current.appendCodePoint(c);
        }

        void mark(int c) {
            if (keepsMarks && !current.isEmpty()) {
                current.appendCodePoint(c);
            }
        }

        void sign(int c) {
            ended.add(new Term(SIGN + HexFormat.of().toHexDigits(likeOthers(c), 6), false));
        }

        void end() {
            if (!current.isEmpty()) {
                ended.add(new Term(Normalizer.normalize(current, Normalizer.Form.NFC), isWord));
                current.setLength(0);
            }
        }
    }

    /** Returns the same apostrophe for all apostrophes, and every other character unchanged. */
    private static int likeOthers(int c) {
        return c == '’' || c == '‘' || c == 'ʼ' ? '\'' : c;
    }

    /** Returns whether this is a joiner, a variation selector or the like. */
    private static boolean isInvisible(int c) {
        return Character.getType(c) == Character.FORMAT || Character.getType(c) == Character.CONTROL;
    }

    /** Returns whether this script has no blanks between its words. */
    private static boolean isUnspaced(int c) {
        return switch (UnicodeScript.of(c)) {
            case HAN, HIRAGANA, KATAKANA, BOPOMOFO, YI, THAI, LAO, KHMER, MYANMAR, TIBETAN, JAVANESE, BALINESE -> true;
            default -> c == 'ー' || c == '々' || c == '〇';
        };
    }

    /**
     * Returns whether a character begins a Korean syllable. Korean joins words without blanks, too, so each syllable is
     * a term. It is decomposed here, and composed again with its term.
     */
    private static boolean beginsSyllable(int c) {
        return c >= 0x1100 && c < 0x1160;
    }

    /** Returns whether a character is a vowel or a final consonant of Korean. */
    private static boolean continuesSyllable(int c) {
        return c >= 0x1160 && c < 0x1200;
    }

    /** Returns whether a mark in this script is an accent or a vowel sign that people leave out. */
    private static boolean isAccented(int c) {
        return switch (UnicodeScript.of(c)) {
            case LATIN, GREEK, CYRILLIC, HEBREW, ARABIC, COMMON -> true;
            default -> false;
        };
    }
}
