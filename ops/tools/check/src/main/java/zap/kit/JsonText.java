package zap.kit;

import java.util.Locale;

/** Text in JSON. Characters that act on a terminal are escaped, because JSON is looked at in terminals, too. */
public final class JsonText {

    private JsonText() {}

    /** Returns the text as a string of JSON, in quotes. */
    public static String quoted(String text) {
        var quoted = new StringBuilder("\"");
        text.codePoints().forEach(c -> {
            switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                case '\n' -> quoted.append("\\n");
                default -> {
                    if (Shown.isTreacherous(c)) {
                        for (char one : Character.toChars(c)) {
                            quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) one));
                        }
                    } else {
                        quoted.appendCodePoint(c);
                    }
                }
            }
        });
        return quoted.append('"').toString();
    }
}
