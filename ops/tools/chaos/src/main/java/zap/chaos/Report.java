package zap.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import zap.shell.store.HistoryEvents.Kind;

/** The result of many runs, in words. */
final class Report {

    private final long firstSeed;
    private final Map<Fault, Integer> faults = new EnumMap<>(Fault.class);
    private final Map<Kind, Integer> said = new EnumMap<>(Kind.class);
    private final List<String> failures = new ArrayList<>();
    private long lastSeed;
    private int runs;
    private int failed;
    private long sent;
    private long arrived;
    private long refused;
    private long missed;

    Report(long firstSeed) {
        this.firstSeed = firstSeed;
    }

    void add(FaultPlan plan, Judge.Verdict verdict) {
        runs++;
        lastSeed = plan.seed();
        sent += verdict.sent();
        arrived += verdict.arrived();
        refused += verdict.refused();
        missed += verdict.missed();
        plan.faults().forEach(fault -> faults.merge(fault, 1, Integer::sum));
        verdict.said().forEach((kind, times) -> said.merge(kind, times, Integer::sum));
        if (!verdict.faults().isEmpty()) {
            failed++;
            verdict.faults().forEach(fault -> failures.add("seed " + plan.seed() + ": " + fault));
        }
    }

    int runs() {
        return runs;
    }

    int failed() {
        return failed;
    }

    /** One line about where it stands. */
    String line() {
        return "%s runs, %s messages sent, %s arrivals, %s broken promises"
                .formatted(runs, sent, arrived, failures.size());
    }

    /** All of it, as Markdown. */
    String markdown(Duration took, String command) {
        var out = new StringBuilder();
        out.append(
                "| runs | messages sent | arrivals | refused, and known to be | not in a store, which says so | broken promises | took |\n");
        out.append("|---|---|---|---|---|---|---|\n");
        out.append(String.format(
                Locale.ROOT,
                "| %,d | %,d | %,d | %,d | %,d | %,d | %d min |%n%n",
                runs,
                sent,
                arrived,
                refused,
                missed,
                failures.size(),
                took.toMinutes()));
        out.append("| what was broken | how often |\n|---|---|\n");
        faults.forEach((fault, times) -> out.append(String.format(Locale.ROOT, "| %s | %,d |%n", words(fault), times)));
        out.append("\n| what stores said of their histories | how often |\n|---|---|\n");
        said.forEach((kind, times) -> out.append(String.format(Locale.ROOT, "| %s | %,d |%n", words(kind), times)));
        out.append("\nSeeds %s to %s. The same again: `%s`%n".formatted(firstSeed, lastSeed, command));
        failures.forEach(failure -> out.append("\n- ").append(failure));
        return out.append(failures.isEmpty() ? "" : "\n").toString();
    }

    private static String words(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
