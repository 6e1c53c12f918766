package zap.shell.text;

import java.nio.charset.StandardCharsets;
import java.util.List;
import zap.protocol.Body;

/**
 * Arbitrary texts, cut into messages: each message can be sent, and together they are the text except for blanks at the
 * cuts.
 */
public final class MessageTextsFuzz {

    private MessageTextsFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        String text = new String(input, StandardCharsets.UTF_8);
        List<String> parts = MessageTexts.split(text);
        int at = 0;
        for (String part : parts) {
            require(Body.of(part).codePoints() <= Body.MAX_CODE_POINTS, "a message that is too long");
            int next = text.indexOf(part, at);
            require(next >= 0 && text.substring(at, next).isBlank(), "something was lost between two messages");
            at = next + part.length();
        }
        require(text.substring(at).isBlank(), "something was lost at the end");
        require(parts.size() <= 1 + 2 * MessageTexts.length(text) / (Body.MAX_CODE_POINTS / 2), "many short messages");
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
