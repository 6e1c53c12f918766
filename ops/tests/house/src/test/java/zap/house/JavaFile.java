package zap.house;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A Java source, divided into its comments and its code.
 *
 * @param path the file, for messages
 * @param text the whole source
 * @param comments all comments in their order, doc comments and others
 * @param code the source with blanks in place of comments and of the contents of literals; lines and columns stay
 */
record JavaFile(Path path, String text, List<Comment> comments, String code) {

    private static final Pattern TYPE =
            Pattern.compile("(?<![\\w.])(?:class|interface|enum|record|@interface)\\s+([A-Z]\\w*)");
    private static final Pattern IMPORT = Pattern.compile("(?m)^import\\s+(?:static\\s+)?([\\w.]+?)\\.?(?:\\*)?\\s*;");

    /**
     * A comment of a source.
     *
     * @param line the line where it begins, from 1
     * @param text the comment with its marks
     */
    record Comment(int line, String text) {

        boolean isDoc() {
            return text.startsWith("/**") && text.length() > "/***/".length();
        }

        /** Returns the words of a doc comment in one line, without stars, line breaks and a leading paragraph tag. */
        String words() {
            return text.substring(3, text.length() - 2)
                    .replaceAll("(?m)^\\s*\\*", " ")
                    .replaceAll("\\s+", " ")
                    .strip()
                    .replaceFirst("^<p>", "");
        }
    }

    static JavaFile read(Path path) {
        return of(path, House.read(path));
    }

    /** Divides a source. A character literal, a string and a text block are told apart as the compiler does it. */
    static JavaFile of(Path path, String text) {
        var comments = new ArrayList<Comment>();
        var code = new StringBuilder(text);
        int line = 1;
        int at = 0;
        while (at < text.length()) {
            int end = endOfToken(text, at);
            if (end > at + 1) {
                boolean isComment = text.charAt(at) == '/';
                if (isComment) {
                    comments.add(new Comment(line, text.substring(at, end)));
                }
                for (int i = at; i < end; i++) {
                    if (text.charAt(i) == '\n') {
                        line++;
                    } else {
                        code.setCharAt(i, ' ');
                    }
                }
            } else if (text.charAt(at) == '\n') {
                line++;
            }
            at = end;
        }
        return new JavaFile(path, text, comments, code.toString());
    }

    /** Returns the end of the comment or literal that begins here; the next index where none does. */
    private static int endOfToken(String text, int at) {
        if (text.startsWith("//", at)) {
            return endOr(text, text.indexOf('\n', at), 0);
        }
        if (text.startsWith("/*", at)) {
            return endOr(text, text.indexOf("*/", at + 2), 2);
        }
        if (text.startsWith("\"\"\"", at)) {
            return endOfLiteral(text, at, "\"\"\"");
        }
        char here = text.charAt(at);
        return here == '"' || here == '\'' ? endOfLiteral(text, at, String.valueOf(here)) : at + 1;
    }

    private static int endOfLiteral(String text, int begin, String mark) {
        int at = begin + mark.length();
        while (at < text.length() && !text.startsWith(mark, at)) {
            at += text.charAt(at) == '\\' ? 2 : 1;
        }
        return Math.min(text.length(), at + mark.length());
    }

    private static int endOr(String text, int found, int more) {
        return found < 0 ? text.length() : found + more;
    }

    List<String> docComments() {
        return comments.stream().filter(Comment::isDoc).map(Comment::words).toList();
    }

    /** Returns the names of the types that are declared at top level. */
    List<String> topLevelTypes() {
        int depth = 0;
        var outside = new StringBuilder();
        for (char c : code.toCharArray()) {
            if (c == '}') {
                depth--;
            }
            if (depth == 0) {
                outside.append(c);
            }
            if (c == '{') {
                depth++;
            }
        }
        return typesIn(outside.toString());
    }

    /** Returns the simple names of all types that are declared, nested ones included, or imported. */
    TreeSet<String> knownTypes() {
        var names = new TreeSet<>(typesIn(code));
        IMPORT.matcher(code).results().map(found -> found.group(1)).forEach(imported -> {
            for (String part : imported.split("\\.")) {
                if (Character.isUpperCase(part.charAt(0))) {
                    names.add(part);
                }
            }
        });
        return names;
    }

    private static List<String> typesIn(String code) {
        return TYPE.matcher(code)
                .results()
                .map((MatchResult found) -> found.group(1))
                .toList();
    }
}
