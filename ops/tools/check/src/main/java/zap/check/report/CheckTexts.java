package zap.check.report;

import java.util.Locale;
import java.util.MissingResourceException;
import java.util.ResourceBundle;

/** The texts of the suite in the user's language: {@code messages.properties}, in Portuguese {@code messages_pt}. */
public final class CheckTexts {

    private final ResourceBundle bundle;

    public CheckTexts(Locale locale) {
        bundle = ResourceBundle.getBundle(
                "zap.check.messages",
                locale,
                ResourceBundle.Control.getNoFallbackControl(ResourceBundle.Control.FORMAT_PROPERTIES));
    }

    /** Returns the text with {@code {0}}, {@code {1}} … filled in. */
    public String say(String key, Object... values) {
        return say(Phrase.of(key, values));
    }

    public String say(Phrase phrase) {
        String text;
        try {
            text = bundle.getString(phrase.key());
        } catch (MissingResourceException e) {
            throw new IllegalArgumentException("no words for " + phrase.key(), e);
        }
        for (int i = 0; i < phrase.values().size(); i++) {
            Object value = phrase.values().get(i);
            text = text.replace("{" + i + "}", value instanceof Phrase inner ? say(inner) : String.valueOf(value));
        }
        return text;
    }
}
