package zap.shell.command.context;

import java.util.List;
import java.util.Locale;
import java.util.MissingResourceException;
import java.util.ResourceBundle;

/**
 * The client's texts in the user's language: {@code messages.properties}, and in Brazilian Portuguese {@code
 * messages_pt.properties}.
 */
public final class Texts {

    private final ResourceBundle bundle;
    private final Locale locale;

    public Texts(Locale locale) {
        this.locale = locale;
        this.bundle = ResourceBundle.getBundle(
                "zap.shell.command.messages",
                locale,
                ResourceBundle.Control.getNoFallbackControl(ResourceBundle.Control.FORMAT_PROPERTIES));
    }

    public Locale locale() {
        return locale;
    }

    /** Returns the text with {@code {0}}, {@code {1}} … filled in. */
    public String say(String key, Object... values) {
        String text;
        try {
            text = bundle.getString(key);
        } catch (MissingResourceException e) {
            throw new IllegalArgumentException("no words for " + key, e);
        }
        for (int i = 0; i < values.length; i++) {
            text = text.replace("{" + i + "}", String.valueOf(values[i]));
        }
        return text;
    }

    /** Returns the text of {@code key.one} for 1, of {@code key.many} for other counts. {@code {0}} is the count. */
    public String count(String key, long count, Object... more) {
        var values = new Object[more.length + 1];
        values[0] = count;
        System.arraycopy(more, 0, values, 1, more.length);
        return say(key + (count == 1 ? ".one" : ".many"), values);
    }

    /** Returns whether an answer to a question means yes, in the user's language or in English. */
    public boolean isYes(String answer) {
        return List.of(say("question.yes").split(",", -1))
                .contains(answer.strip().toLowerCase(Locale.ROOT));
    }

    public boolean has(String key) {
        return bundle.containsKey(key);
    }
}
