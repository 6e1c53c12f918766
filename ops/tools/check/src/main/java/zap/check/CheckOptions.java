package zap.check;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import zap.check.report.Phrase;

/**
 * The command line of {@code ./zap check}.
 *
 * @param address the server; null for {@code --list} and {@code --help}
 */
record CheckOptions(
        @Nullable String address,
        boolean help,
        boolean list,
        boolean strict,
        boolean tls,
        @Nullable Path ca,
        @Nullable String pin,
        @Nullable String only,
        boolean json,
        @Nullable Path junit,
        @Nullable Path html,
        Duration patience) {

    private static final Set<String> FLAGS = Set.of("--help", "--list", "--strict", "--tls", "--json");
    private static final Set<String> WITH_VALUE = Set.of("--ca", "--pin", "--only", "--junit", "--html", "--patience");

    static CheckOptions parse(List<String> words) {
        var plain = new ArrayList<String>();
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            int equals = word.indexOf('=');
            String name = word.startsWith("--") && equals > 0 ? word.substring(0, equals) : word;
            if (!word.startsWith("--")) {
                plain.add(word);
            } else if (FLAGS.contains(word)) {
                options.put(word, "");
            } else if (!WITH_VALUE.contains(name)) {
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
        boolean help = options.containsKey("--help") || plain.equals(List.of("help"));
        boolean list = options.containsKey("--list");
        boolean server = plain.size() == 2 && plain.getFirst().equals("server");
        if (!server && !help && !list) {
            throw new WrongUsageException(Phrase.of("problem.target"));
        }
        return new CheckOptions(
                server ? plain.get(1) : null,
                help,
                list,
                options.containsKey("--strict"),
                options.containsKey("--tls") || options.containsKey("--ca") || options.containsKey("--pin"),
                path(options.get("--ca")),
                options.get("--pin"),
                options.get("--only"),
                options.containsKey("--json"),
                path(options.get("--junit")),
                path(options.get("--html")),
                patience(options.getOrDefault("--patience", "4")));
    }

    private static @Nullable Path path(@Nullable String name) {
        return name == null ? null : Path.of(name);
    }

    private static Duration patience(String seconds) {
        try {
            double value = Double.parseDouble(seconds);
            if (value >= 0.5 && value <= 60) {
                return Duration.ofMillis(Math.round(1000 * value));
            }
        } catch (NumberFormatException e) {
            throw new WrongUsageException(Phrase.of("problem.number", "--patience", seconds));
        }
        throw new WrongUsageException(Phrase.of("problem.number", "--patience", seconds));
    }
}
