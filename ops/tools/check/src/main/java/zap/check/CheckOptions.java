package zap.check;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import zap.kit.Phrase;
import zap.kit.WrongUsageException;

/**
 * The command line of {@code ./zap check}.
 *
 * @param client true for the suite against clients
 * @param address the server, or where to listen for a client; null when it is not given
 * @param patience null when it is not given
 */
record CheckOptions(
        boolean client,
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
        @Nullable Path cert,
        @Nullable Path key,
        @Nullable String run,
        @Nullable Path expect,
        @Nullable Duration patience) {

    private static final Set<String> FLAGS = Set.of("--help", "--list", "--strict", "--json");
    private static final Set<String> WITH_VALUE = Set.of("--only", "--junit", "--html", "--patience");
    private static final Set<String> OF_SERVERS = Set.of("--tls", "--ca", "--pin");
    private static final Set<String> OF_CLIENTS = Set.of("--listen", "--cert", "--key", "--run", "--expect");

    static CheckOptions parse(List<String> words) {
        var plain = new ArrayList<String>();
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            int equals = word.indexOf('=');
            String name = word.startsWith("--") && equals > 0 ? word.substring(0, equals) : word;
            if (!word.startsWith("--")) {
                plain.add(word);
            } else if (FLAGS.contains(word) || word.equals("--tls")) {
                options.put(word, "");
            } else if (!WITH_VALUE.contains(name) && !OF_SERVERS.contains(name) && !OF_CLIENTS.contains(name)) {
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
        boolean client = !plain.isEmpty() && plain.getFirst().equals("client");
        boolean server = !client && plain.size() == 2 && plain.getFirst().equals("server");
        if (client && plain.size() > 1) {
            throw new WrongUsageException(Phrase.of("problem.client-word", plain.get(1)));
        }
        if (!server && !client && !help && !list) {
            throw new WrongUsageException(Phrase.of("problem.target"));
        }
        for (String option : options.keySet()) {
            if ((client ? OF_SERVERS : OF_CLIENTS).contains(option) && (client || server)) {
                throw new WrongUsageException(
                        Phrase.of(client ? "problem.only-server" : "problem.only-client", option));
            }
        }
        together(options, "--run", "--expect");
        together(options, "--cert", "--key");
        return new CheckOptions(
                client,
                server ? plain.get(1) : options.get("--listen"),
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
                path(options.get("--cert")),
                path(options.get("--key")),
                options.get("--run"),
                path(options.get("--expect")),
                options.containsKey("--patience") ? patience(options.getOrDefault("--patience", "")) : null);
    }

    private static void together(Map<String, String> options, String one, String other) {
        if (options.containsKey(one) != options.containsKey(other)) {
            boolean first = options.containsKey(one);
            throw new WrongUsageException(Phrase.of("problem.together", first ? one : other, first ? other : one));
        }
    }

    private static @Nullable Path path(@Nullable String name) {
        return name == null ? null : Path.of(name);
    }

    private static Duration patience(String seconds) {
        try {
            double value = Double.parseDouble(seconds);
            if (value >= 0.5 && value <= 600) {
                return Duration.ofMillis(Math.round(1000 * value));
            }
        } catch (NumberFormatException e) {
            throw new WrongUsageException(Phrase.of("problem.number", "--patience", seconds));
        }
        throw new WrongUsageException(Phrase.of("problem.number", "--patience", seconds));
    }
}
