package zap.check.report;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import zap.kit.Phrase;

/**
 * Everything that a report shows, whatever its form.
 *
 * @param target the program under test
 * @param dialect one sentence for each choice of the program that the suite has adapted to
 */
public record CheckReport(String target, List<Phrase> dialect, List<CheckOutcome> outcomes, long millis) {

    public List<Score> scores() {
        return Score.of(outcomes);
    }

    /** Returns the headings that have outcomes, in their order. */
    List<Check.Heading> headings() {
        return outcomes.stream()
                .map(outcome -> outcome.check().heading())
                .distinct()
                .toList();
    }

    /** Returns the outcomes under one heading. */
    List<CheckOutcome> of(Check.Heading heading) {
        return outcomes.stream()
                .filter(outcome -> outcome.check().heading().equals(heading))
                .toList();
    }

    /** Returns the lines of a trace for people. */
    public static List<String> traceLines(CheckOutcome outcome, CheckTexts texts) {
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

    public static String said(CheckTexts texts, @Nullable Phrase phrase) {
        return phrase == null ? "" : texts.say(phrase);
    }
}
