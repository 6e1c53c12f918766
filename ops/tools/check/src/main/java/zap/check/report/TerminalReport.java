package zap.check.report;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import zap.kit.Phrase;

/** The report for people: a line for each check as soon as it is known, and what is wrong below it. */
public final class TerminalReport {

    private final PrintStream out;
    private final CheckTexts texts;
    private final boolean colour;
    private Check.@Nullable Heading heading;

    public TerminalReport(PrintStream out, CheckTexts texts, boolean colour) {
        this.out = out;
        this.texts = texts;
        this.colour = colour;
    }

    public void begin(String title, String dialectTitle, List<Phrase> dialect) {
        out.println(bold(title));
        out.println();
        out.println(texts.say(dialectTitle));
        dialect.forEach(finding -> out.println("  · " + texts.say(finding)));
        out.flush();
    }

    public void show(CheckOutcome outcome) {
        Check check = outcome.check();
        if (!check.heading().equals(heading)) {
            heading = check.heading();
            out.println();
            out.println(bold(
                    check.heading().number() + ". " + texts.say(check.heading().title())));
        }
        String sentence = check.number() + "  " + texts.say(check.sentence());
        switch (outcome.result()) {
            case PASSED -> out.println("  " + coloured("32", "✓") + " " + sentence);
            case LEFT_OUT ->
                out.println("  " + coloured("33", "○") + " " + sentence + "  ["
                        + CheckReport.said(texts, outcome.reason()) + "]");
            case FAILED -> {
                out.println("  " + coloured("31", "✗ " + sentence) + "  ["
                        + texts.say("level." + check.level().key()) + "]");
                line("report.source", texts.say(check.source()));
                line("report.expected", CheckReport.said(texts, outcome.expected()));
                line("report.actual", CheckReport.said(texts, outcome.actual()));
                line("report.look", texts.say(check.lookAt()));
                out.println("      " + texts.say("report.frames") + ":");
                CheckReport.traceLines(outcome, texts).forEach(event -> out.println("      " + event));
            }
        }
        out.flush();
    }

    private void line(String key, String text) {
        out.println("      " + coloured("2", texts.say(key) + ":") + " " + text);
    }

    public void end(CheckReport report) {
        out.println();
        out.println(bold(texts.say("report.score")));
        for (Score score : report.scores()) {
            out.println("  "
                    + texts.say(
                            "report.score-line",
                            texts.say("level." + score.level().key()),
                            score.passed(),
                            score.all(),
                            score.failed(),
                            score.leftOut()));
        }
        out.println(texts.say(
                "report.time", report.outcomes().size(), String.format(Locale.ROOT, "%.1f", report.millis() / 1000.0)));
        out.flush();
    }

    private String bold(String text) {
        return coloured("1", text);
    }

    private String coloured(String code, String text) {
        return colour ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
}
