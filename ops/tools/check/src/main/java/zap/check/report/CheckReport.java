package zap.check;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Everything that a report shows, whatever its form. */
record CheckReport(String target, Dialect dialect, List<CheckOutcome> outcomes, long millis) {

    List<Score> scores() {
        return Score.of(outcomes);
    }

    /** Returns the lines of a trace for people. */
    static List<String> traceLines(CheckOutcome outcome, CheckTexts texts) {
        int widest = outcome.trace().stream()
                .mapToInt(event -> event.actor().length())
                .max()
                .orElse(0);
        return outcome.trace().stream()
                .map(event -> String.format(
                        Locale.ROOT,
                        "%6d ms  %-" + Math.max(1, widest) + "s %s %s",
                        event.millis(),
                        event.actor(),
                        event.kind().sign(),
                        event.what() instanceof Phrase phrase ? texts.say(phrase) : event.what()))
                .toList();
    }

    static String said(CheckTexts texts, @Nullable Phrase phrase) {
        return phrase == null ? "" : texts.say(phrase);
    }
}
