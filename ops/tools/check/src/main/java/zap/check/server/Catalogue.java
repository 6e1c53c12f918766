package zap.check.server;

import java.util.ArrayList;
import java.util.List;

/** All checks, in the order of their numbers. */
public final class Catalogue {

    private Catalogue() {}

    public static List<ServerCheck> all() {
        var all = new ArrayList<ServerCheck>();
        all.addAll(RegisterChecks.chapter().checks());
        all.addAll(ConnectChecks.chapter().checks());
        all.addAll(OnlineChecks.chapter().checks());
        all.addAll(OfflineChecks.chapter().checks());
        all.addAll(DeliveredChecks.chapter().checks());
        all.addAll(ReadChecks.chapter().checks());
        all.addAll(GroupChecks.chapter().checks());
        all.addAll(TextChecks.chapter().checks());
        all.addAll(FramingChecks.chapter().checks());
        all.addAll(SeveralClientsChecks.chapter().checks());
        all.addAll(BadInputChecks.chapter().checks());
        return all;
    }

    /**
     * Returns the checks with these numbers, or of these sections.
     *
     * @param only numbers with commas between them: {@code 3,5.2}
     * @throws IllegalArgumentException with the word that names none
     */
    public static List<ServerCheck> only(String only) {
        List<String> words = List.of(only.replace(" ", "").split(",", -1));
        for (String word : words) {
            if (all().stream().noneMatch(check -> isNamed(check, word))) {
                throw new IllegalArgumentException(word);
            }
        }
        return all().stream()
                .filter(check -> words.stream().anyMatch(word -> isNamed(check, word)))
                .toList();
    }

    private static boolean isNamed(ServerCheck check, String word) {
        return check.number().equals(word)
                || String.valueOf(check.section().number()).equals(word);
    }
}
