package zap.kit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The words of a command line, sorted: those that are no options, and the options with their values.
 *
 * @param plain in their order
 * @param options by name, with {@code --}; a flag has an empty value
 */
public record OptionWords(List<String> plain, Map<String, String> options) {

    /**
     * Sorts the words. A value follows its option, or stands behind {@code =}.
     *
     * @throws WrongUsageException for an option that is not known or has no value
     */
    public static OptionWords parse(List<String> words, Set<String> flags, Set<String> withValue) {
        var plain = new ArrayList<String>();
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            int equals = word.indexOf('=');
            String name = word.startsWith("--") && equals > 0 ? word.substring(0, equals) : word;
            if (!word.startsWith("--")) {
                plain.add(word);
            } else if (flags.contains(word)) {
                options.put(word, "");
            } else if (!withValue.contains(name)) {
                throw new WrongUsageException(Phrase.of("problem.option", word));
            } else if (equals > 0) {
                options.put(name, word.substring(equals + 1));
            } else if (i + 1 < words.size()) {
                i++;
                options.put(name, words.get(i));
            } else {
                throw new WrongUsageException(Phrase.of("problem.value", word));
            }
        }
        return new OptionWords(plain, options);
    }
}
