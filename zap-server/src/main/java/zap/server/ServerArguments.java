package zap.server;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/** A check of the words behind {@code ./zap server}. Spring ignores those that it does not understand. */
final class ServerArguments {

    private static final String OPTION = "--";

    /** The options of Spring Boot that are no properties with dots. */
    private static final Set<String> SWITCHES = Set.of("debug", "trace");

    private ServerArguments() {}

    /** Returns what is wrong with the first word that is no setting, and what to do; empty when all of them are. */
    static Optional<String> fault(String... words) {
        return Arrays.stream(words)
                .filter(word -> !isSetting(word))
                .findFirst()
                .map(word -> ("\"%s\" is not a setting. A setting is one word with its value, for example"
                                + " --zap.gateway.port=9000.%nAll settings: docs/configuration.md")
                        .formatted(word));
    }

    private static boolean isSetting(String word) {
        if (!word.startsWith(OPTION)) {
            return false;
        }
        String name = word.substring(OPTION.length()).split("=", 2)[0];
        return name.contains(".") ? word.contains("=") : SWITCHES.contains(name);
    }
}
