package zap.kit;

import java.util.Locale;
import java.util.MissingResourceException;
import java.util.ResourceBundle;

/** The texts of a program in the user's language: a bundle in English, and the same keys in Portuguese. */
public class KitTexts {

    private final ResourceBundle bundle;

    /** @param name of the bundle, as {@link ResourceBundle} takes it */
    public KitTexts(String name, Locale locale) {
        bundle = ResourceBundle.getBundle(
                name, locale, ResourceBundle.Control.getNoFallbackControl(ResourceBundle.Control.FORMAT_PROPERTIES));
    }

    /** Returns the text with {@code {0}}, {@code {1}} … filled in. */
    public String say(String key, Object... values) {
        return say(Phrase.of(key, values));
    }

    /** Returns the sentence in the user's language. */
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
