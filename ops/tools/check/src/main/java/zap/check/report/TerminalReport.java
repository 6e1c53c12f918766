package zap.check;

import java.io.PrintStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The report for people: a line for each check as soon as it is known, and what is wrong below it. */
final class TerminalReport {

    private final PrintStream out;
    private final CheckTexts texts;
    private final boolean colour;
    private @Nullable Section section;

    TerminalReport(PrintStream out, CheckTexts texts, boolean colour) {
        this.out = out;
        this.texts = texts;
        this.colour = colour;
    }

    void begin(String target, Dialect dialect) {
        out.println(bold(texts.say("report.title", target)));
        out.println();
        out.println(texts.say("dialect.title"));
        if (dialect.strict()) {
            out.println("  " + texts.say("dialect.strict"));
        } else {
            dialect.findings().forEach(finding -> out.println("  · " + texts.say(finding)));
        }
        out.flush();
    }

    void show(CheckOutcome outcome) {
        ServerCheck check = outcome.check();
        if (check.section() != section) {
            section = check.section();
            out.println();
            out.println(bold(section.number() + ". " + texts.say("section." + section.key())));
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
                line("report.look", texts.say("hint." + check.hint()));
                out.println("      " + texts.say("report.frames") + ":");
                CheckReport.traceLines(outcome, texts).forEach(event -> out.println("      " + event));
            }
        }
        out.flush();
    }

    private void line(String key, String text) {
        out.println("      " + coloured("2", texts.say(key) + ":") + " " + text);
    }

    void end(CheckReport report) {
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
