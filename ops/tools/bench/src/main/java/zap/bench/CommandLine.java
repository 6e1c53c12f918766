package zap.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The words of a command line: plain ones, {@code --name value} and {@code --name=value}, and {@code --name} alone. */
final class CommandLine {

    private final List<String> plain = new ArrayList<>();
    private final Map<String, List<String>> options = new LinkedHashMap<>();

    /**
     * @param names the options that there are
     * @param flags those of them that take no value
     */
    CommandLine(List<String> words, Set<String> names, Set<String> flags) {
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (!word.startsWith("--")) {
                plain.add(word);
                continue;
            }
            int equals = word.indexOf('=');
            String name = equals < 0 ? word.substring(2) : word.substring(2, equals);
            if (!names.contains(name)) {
                throw new Usage("There is no option --" + name + ". ./zap bench help says which there are.");
            }
            @Nullable String value = equals < 0 ? null : word.substring(equals + 1);
            if (flags.contains(name)) {
                if (value != null) {
                    throw new Usage("--" + name + " takes no value.");
                }
                value = "";
            } else if (value == null) {
                if (i + 1 == words.size()) {
                    throw new Usage("--" + name + " needs a value after it.");
                }
                i++;
                value = words.get(i);
            }
            options.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
        }
    }

    /** The words that are no options. */
    List<String> plain() {
        return plain;
    }

    boolean has(String name) {
        return options.containsKey(name);
    }

    /** The value of an option; the last one, if it was given several times. */
    Optional<String> value(String name) {
        return Optional.ofNullable(options.get(name)).map(List::getLast);
    }

    /** All values of an option that may be given several times. */
    List<String> values(String name) {
        return options.getOrDefault(name, List.of());
    }

    int number(String name, int otherwise, int least) {
        return value(name)
                .map(value -> checked(name, value, Integer::parseInt, least))
                .orElse(otherwise);
    }

    double seconds(String name, double otherwise) {
        return value(name)
                .map(value -> checked(name, value, Double::parseDouble, 0))
                .orElse(otherwise);
    }

    /** Numbers with commas between them. */
    List<Integer> numbers(String name, String otherwise, int least) {
        return List.of(value(name).orElse(otherwise).split(",", -1)).stream()
                .map(value -> checked(name, value, Integer::parseInt, least))
                .toList();
    }

    private static <N extends Number> N checked(String name, String value, Function<String, N> parse, double least) {
        try {
            N number = parse.apply(value.strip());
            if (number.doubleValue() >= least) {
                return number;
            }
        } catch (NumberFormatException e) {
            // What is wrong with it is said below, the same for both.
            throw new Usage(
                    String.format(Locale.ROOT, "--%s takes a number from %.0f on, not \"%s\".", name, least, value));
        }
        throw new Usage(
                String.format(Locale.ROOT, "--%s takes a number from %.0f on, not \"%s\".", name, least, value));
    }
}
