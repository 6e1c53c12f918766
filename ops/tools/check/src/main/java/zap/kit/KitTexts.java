package zap.kit;

import java.util.Locale;
import java.util.MissingResourceException;
import java.util.ResourceBundle;

/**
 * The texts of a program in the user's language: its own, and those that the programs of the kit share. Each bundle is
 * in English, with the same keys in Portuguese.
 */
public class KitTexts {

    private static final String SHARED = "zap.kit.messages";

    private final ResourceBundle own;
    private final ResourceBundle shared;

    /** @param name of the program's own bundle, as {@link ResourceBundle} takes it */
    public KitTexts(String name, Locale locale) {
        own = bundle(name, locale);
        shared = bundle(SHARED, locale);
    }

    private static ResourceBundle bundle(String name, Locale locale) {
        return ResourceBundle.getBundle(
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
            text = (shared.containsKey(phrase.key()) ? shared : own).getString(phrase.key());
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
