package zap.check.report;

import static zap.kit.JsonText.quoted;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import zap.kit.JsonText;

/** Reports for programs: JSON, and the XML that build servers read. */
public final class ProgramReports {

    private final CheckTexts texts;

    public ProgramReports(CheckTexts texts) {
        this.texts = texts;
    }

    public String json(CheckReport report) {
        var json = new StringBuilder("{\n  \"target\": " + quoted(report.target()) + ",\n  \"dialect\": [");
        json.append(report.dialect().stream()
                .map(finding -> quoted(finding.key().replaceFirst("^dialect\\.", "")))
                .collect(Collectors.joining(", ")));
        json.append("],\n  \"millis\": ").append(report.millis()).append(",\n  \"score\": {");
        json.append(report.scores().stream()
                .map(score -> quoted(score.level().key()) + ": {\"passed\": " + score.passed() + ", \"failed\": "
                        + score.failed() + ", \"leftOut\": " + score.leftOut() + "}")
                .collect(Collectors.joining(", ")));
        json.append("},\n  \"checks\": [\n");
        json.append(report.outcomes().stream().map(this::json).collect(Collectors.joining(",\n")));
        return json.append("\n  ]\n}\n").toString();
    }

    private String json(CheckOutcome outcome) {
        Check check = outcome.check();
        var json = new StringBuilder("    {\"number\": " + quoted(check.number()) + ", \"section\": "
                + quoted(check.heading().key()) + ", \"level\": "
                + quoted(check.level().key()) + ", \"result\": "
                + quoted(outcome.result().name().toLowerCase(Locale.ROOT).replace('_', '-')) + ", \"millis\": "
                + outcome.millis() + ", \"requirement\": " + quoted(texts.say(check.sentence())));
        if (outcome.reason() != null) {
            json.append(", \"reason\": ").append(quoted(texts.say(outcome.reason())));
        }
        if (outcome.isFailed()) {
            json.append(", \"expected\": ").append(quoted(CheckReport.said(texts, outcome.expected())));
            json.append(", \"actual\": ").append(quoted(CheckReport.said(texts, outcome.actual())));
            json.append(", \"look\": ").append(quoted(texts.say(check.lookAt())));
            json.append(", \"frames\": [")
                    .append(CheckReport.traceLines(outcome, texts).stream()
                            .map(JsonText::quoted)
                            .collect(Collectors.joining(", ")))
                    .append(']');
        }
        return json.append('}').toString();
    }

    public String junit(CheckReport report) {
        var xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"zap check\">\n");
        for (Check.Heading heading : report.headings()) {
            List<CheckOutcome> own = report.of(heading);
            long failed = own.stream().filter(CheckOutcome::isFailed).count();
            long leftOut = own.stream()
                    .filter(outcome -> outcome.result() == CheckOutcome.Result.LEFT_OUT)
                    .count();
            xml.append("  <testsuite name=\"" + heading.number() + ". "
                    + escaped(texts.say(heading.title())) + "\" tests=\"" + own.size() + "\" failures=\""
                    + failed + "\" skipped=\"" + leftOut + "\">\n");
            own.forEach(outcome -> xml.append(testCase(outcome)));
            xml.append("  </testsuite>\n");
        }
        return xml.append("</testsuites>\n").toString();
    }

    private String testCase(CheckOutcome outcome) {
        Check check = outcome.check();
        String head = "    <testcase classname=\"zap.check." + check.heading().key() + "\" name=\""
                + escaped(check.number() + " " + texts.say(check.sentence())) + "\" time=\""
                + String.format(Locale.ROOT, "%.3f", outcome.millis() / 1000.0) + "\"";
        return switch (outcome.result()) {
            case PASSED -> head + "/>\n";
            case LEFT_OUT ->
                head + "><skipped message=\"" + escaped(CheckReport.said(texts, outcome.reason()))
                        + "\"/></testcase>\n";
            case FAILED ->
                head + "><failure type=\"" + check.level().key() + "\" message=\""
                        + escaped(texts.say("report.expected") + ": " + CheckReport.said(texts, outcome.expected())
                                + " / " + texts.say("report.actual") + ": "
                                + CheckReport.said(texts, outcome.actual()))
                        + "\">"
                        + escaped(texts.say("report.look") + ": " + texts.say(check.lookAt()) + "\n"
                                + String.join("\n", CheckReport.traceLines(outcome, texts)))
                        + "</failure></testcase>\n";
        };
    }

    /** Returns the text for XML and HTML, without characters that XML forbids. */
    public static String escaped(String text) {
        var escaped = new StringBuilder();
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                default -> {
                    boolean forbidden = (c < ' ' && c != '\n' && c != '\t')
                            || c == 0xfffe
                            || c == 0xffff
                            || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
                    escaped.appendCodePoint(forbidden ? 0xfffd : c);
                }
            }
        });
        return escaped.toString();
    }
}
