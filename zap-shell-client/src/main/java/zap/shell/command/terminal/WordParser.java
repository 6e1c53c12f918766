package zap.shell.command.terminal;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jline.reader.CompletingParsedLine;
import org.jline.reader.Parser;

/**
 * The parser that splits a line into words for JLine. There are no quotes and no escapes, so a line is always complete.
 */
public final class WordParser implements Parser {

    private static final Pattern WORD = Pattern.compile("\\S+");

    @Override
    public CompletingParsedLine parse(String line, int cursor, ParseContext context) {
        var words = new ArrayList<String>();
        int index = -1;
        int inWord = 0;
        var matcher = WORD.matcher(line);
        while (matcher.find()) {
            if (index < 0 && cursor < matcher.start()) {
                index = words.size();
                words.add("");
            }
            if (index < 0 && cursor <= matcher.end()) {
                index = words.size();
                inWord = cursor - matcher.start();
            }
            words.add(matcher.group());
        }
        if (index < 0) {
            index = words.size();
            words.add("");
        }
        return new Parsed(line, List.copyOf(words), index, inWord, cursor);
    }

    @Override
    public boolean isEscapeChar(char c) {
        return false;
    }

    private record Parsed(String line, List<String> words, int wordIndex, int wordCursor, int cursor)
            implements CompletingParsedLine {

        @Override
        public String word() {
            return words.get(wordIndex);
        }

        @Override
        public CharSequence escape(CharSequence candidate, boolean complete) {
            return candidate;
        }

        @Override
        public int rawWordCursor() {
            return wordCursor;
        }

        @Override
        public int rawWordLength() {
            return word().length();
        }
    }
}
