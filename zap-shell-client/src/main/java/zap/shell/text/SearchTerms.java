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
 * Cuts texts into the terms that a search finds them by.
 *
 * <p>A term is a word of a script that stands between blanks, without case and accents. Scripts that write without blanks, emoji and
 * signs have a term for each character: so a word inside such a text is found as characters that follow each other.
 */
public final class SearchTerms {

    /** Stands before the number of a sign, so that no word is taken for one. */
    private static final char SIGN = '\uE000';

    /** Letters that do not decompose, and what people type for them. */
    private static final Map<Integer, String> FOLDED = Map.of(
            (int) 'ß', "ss", (int) 'ł', "l", (int) 'ø', "o", (int) 'đ', "d", (int) 'ħ', "h", (int) 'ı', "i", (int) 'æ',
            "ae", (int) 'œ', "oe", (int) 'þ', "th", (int) 'ς', "σ");

    private SearchTerms() {}

    /** Returns the terms of a text in their order, with a blank between each two. */
    public static String of(String text) {
        return terms(text).stream().map(Term::text).collect(Collectors.joining(" "));
    }

    /**
     * Returns the query, in FTS5's language, that finds texts with all of some words. The last word may be the beginning of one.
     *
     * @param words words with blanks between them
     * @return empty when there is nothing in them to look for
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

    /** Returns whether a text has all of some words: what {@link #query} finds, without an index. */
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

    /** Somebody who looks for {@code hello,} has taken it out of a sentence. */
    private static String withoutPunctuation(String word) {
        return word.replaceAll("^[\\p{Ps}\\p{Pi}\"',.;:!?¡¿]+|[\\p{Pe}\\p{Pf}\"',.;:!?…]+$", "");
    }

    /**
     * One term.
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

    /** The terms of a text while it is read. */
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

        /** One of a script without blanks, in which each character is a term. */
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

    /** One apostrophe is as good as another. */
    private static int likeOthers(int c) {
        return c == '’' || c == '‘' || c == 'ʼ' ? '\'' : c;
    }

    /** Joiners, variation selectors and the like. */
    private static boolean isInvisible(int c) {
        return Character.getType(c) == Character.FORMAT || Character.getType(c) == Character.CONTROL;
    }

    /** Scripts whose words stand without blanks between them. */
    private static boolean isUnspaced(int c) {
        return switch (UnicodeScript.of(c)) {
            case HAN, HIRAGANA, KATAKANA, BOPOMOFO, YI, THAI, LAO, KHMER, MYANMAR, TIBETAN, JAVANESE, BALINESE -> true;
            default -> c == 'ー' || c == '々' || c == '〇';
        };
    }

    /** Korean joins words without blanks, too. Each syllable is a term: it is decomposed here, and composed again with its term. */
    private static boolean beginsSyllable(int c) {
        return c >= 0x1100 && c < 0x1160;
    }

    /** Vowels and final consonants of Korean. */
    private static boolean continuesSyllable(int c) {
        return c >= 0x1160 && c < 0x1200;
    }

    /** Scripts in which a mark on a letter is an accent or a vowel sign that people leave out. */
    private static boolean isAccented(int c) {
        return switch (UnicodeScript.of(c)) {
            case LATIN, GREEK, CYRILLIC, HEBREW, ARABIC, COMMON -> true;
            default -> false;
        };
    }
}
