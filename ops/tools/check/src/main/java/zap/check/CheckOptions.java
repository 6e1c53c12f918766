package zap.check;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import zap.kit.OptionWords;
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

    private static final Set<String> FLAGS = Set.of("--help", "--list", "--strict", "--json", "--tls");
    private static final Set<String> OF_SERVERS = Set.of("--tls", "--ca", "--pin");
    private static final Set<String> OF_CLIENTS = Set.of("--listen", "--cert", "--key", "--run", "--expect");
    private static final Set<String> WITH_VALUE = Set.of(
            "--only",
            "--junit",
            "--html",
            "--patience",
            "--ca",
            "--pin",
            "--listen",
            "--cert",
            "--key",
            "--run",
            "--expect");

    static CheckOptions parse(List<String> words) {
        OptionWords sorted = OptionWords.parse(words, FLAGS, WITH_VALUE);
        List<String> plain = sorted.plain();
        Map<String, String> options = sorted.options();
        boolean help = sorted.has("--help") || plain.equals(List.of("help"));
        boolean list = sorted.has("--list");
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
        together(sorted, "--run", "--expect");
        together(sorted, "--cert", "--key");
        return new CheckOptions(
                client,
                server ? plain.get(1) : options.get("--listen"),
                help,
                list,
                sorted.has("--strict"),
                sorted.has("--tls") || sorted.has("--ca") || sorted.has("--pin"),
                sorted.path("--ca"),
                options.get("--pin"),
                options.get("--only"),
                sorted.has("--json"),
                sorted.path("--junit"),
                sorted.path("--html"),
                sorted.path("--cert"),
                sorted.path("--key"),
                options.get("--run"),
                sorted.path("--expect"),
                sorted.has("--patience") ? patience(options.getOrDefault("--patience", "")) : null);
    }

    private static void together(OptionWords options, String one, String other) {
        if (options.has(one) != options.has(other)) {
            boolean first = options.has(one);
            throw new WrongUsageException(Phrase.of("problem.together", first ? one : other, first ? other : one));
        }
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
