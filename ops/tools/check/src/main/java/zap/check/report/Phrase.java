package zap.check;

import java.util.List;

/**
 * A sentence for people that is put into words later, in their language.
 *
 * @param key in the message bundles
 * @param values of {@code {0}}, {@code {1}} …; phrases among them are put into words, too
 */
record Phrase(String key, List<Object> values) {

    Phrase {
        values = List.copyOf(values);
    }

    static Phrase of(String key, Object... values) {
        return new Phrase(key, List.of(values));
    }
}
