package zap.check.report;

import java.util.List;

/**
 * A sentence for people that is put into words later, in their language.
 *
 * @param key in the message bundles
 * @param values of {@code {0}}, {@code {1}} …; phrases among them are put into words, too
 */
public record Phrase(String key, List<Object> values) {

    public Phrase {
        values = List.copyOf(values);
    }

    public static Phrase of(String key, Object... values) {
        return new Phrase(key, List.of(values));
    }
}
