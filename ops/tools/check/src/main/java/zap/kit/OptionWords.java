package zap.kit;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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
    /** Returns whether the option is given. */
    public boolean has(String option) {
        return options.containsKey(option);
    }

    /**
     * Returns the file that the option names; null when the option is not given.
     *
     * @throws WrongUsageException when no file can have that name
     */
    public @Nullable Path path(String option) {
        @Nullable String name = options.get(option);
        return name == null ? null : pathOf(name);
    }

    /**
     * Returns the file of this name.
     *
     * @throws WrongUsageException when no file can have that name
     */
    public static Path pathOf(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new WrongUsageException(Phrase.of("problem.path", name));
        }
    }
}
