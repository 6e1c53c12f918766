package zap.check.report;

import java.util.Locale;

/** The report as one page that needs no other file, readable on a projector and on a telephone. */
public final class HtmlPage {

    private static final String STYLE = """
            :root { color-scheme: light dark; --ok: #1a7f37; --no: #cf222e; --out: #9a6700; --line: #8884; }
            * { box-sizing: border-box; }
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 1rem; }
            h1 { font-size: 1.6rem; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
            ul { list-style: none; margin: 0; padding: 0; }
            .scores { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 1rem; }
            .scores div { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; }
            .scores b { display: block; font-size: 1.5rem; }
            .bar { height: .5rem; border-radius: .25rem; background: var(--line); overflow: hidden; display: flex; }
            .bar i { background: var(--ok); } .bar i + i { background: var(--no); }
            li.check { display: grid; grid-template-columns: 1.5rem 3.2rem 1fr; padding: .2rem 0;
              border-top: 1px solid var(--line); }
            li.check > * { min-width: 0; overflow-wrap: anywhere; }
            .passed .sign { color: var(--ok); } .failed .sign { color: var(--no); } .left-out .sign { color: var(--out); }
            .failed .sentence { font-weight: 600; } small { opacity: .75; }
            dl { margin: .4rem 0; display: grid; grid-template-columns: max-content 1fr; gap: .1rem .8rem; }
            dt { opacity: .75; } dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
            pre { margin: .4rem 0; padding: .6rem; border: 1px solid var(--line); border-radius: .4rem; overflow-x: auto;
              font-size: .82rem; line-height: 1.4; }
            @media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dt { margin-top: .3rem; }
              li.check { grid-template-columns: 1.3rem 2.6rem 1fr; } }
            """;

    private final CheckTexts texts;
    private final Locale locale;

    public HtmlPage(CheckTexts texts, Locale locale) {
        this.texts = texts;
        this.locale = locale;
    }

    public String page(CheckReport report) {
        String title = escaped("report.title", report.target());
        var page = new StringBuilder("<!doctype html>\n<html lang=\"" + locale.toLanguageTag()
                + "\">\n<head>\n<meta charset=\"utf-8\">\n"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" + title
                + "</title>\n<style>\n" + STYLE + "</style>\n</head>\n<body>\n<h1>" + title + "</h1>\n");
        page.append("<div class=\"scores\">\n");
        report.scores().forEach(score -> page.append(score(score)));
        page.append("</div>\n<p><small>")
                .append(escaped(
                        "report.time",
                        report.outcomes().size(),
                        String.format(Locale.ROOT, "%.1f", report.millis() / 1000.0)))
                .append("</small></p>\n<h2>")
                .append(escaped("dialect.title"))
                .append("</h2>\n<ul>\n");
        report.dialect()
                .forEach(finding -> page.append("<li>· ")
                        .append(ProgramReports.escaped(texts.say(finding)))
                        .append("</li>\n"));
        page.append("</ul>\n");
        for (Check.Heading heading : report.headings()) {
            page.append("<h2>" + heading.number() + ". ")
                    .append(ProgramReports.escaped(texts.say(heading.title())))
                    .append("</h2>\n<ul>\n");
            report.of(heading).forEach(outcome -> page.append(item(outcome)));
            page.append("</ul>\n");
        }
        return page.append("</body>\n</html>\n").toString();
    }

    private String score(Score score) {
        return "<div>" + escaped("level." + score.level().key()) + "<b>" + score.passed() + " / " + score.all()
                + "</b><span class=\"bar\"><i style=\"flex: " + score.passed() + "\"></i><i style=\"flex: "
                + score.failed() + "\"></i><span style=\"flex: " + score.leftOut() + "\"></span></span></div>\n";
    }

    private String item(CheckOutcome outcome) {
        Check check = outcome.check();
        String kind = outcome.result().name().toLowerCase(Locale.ROOT).replace('_', '-');
        String sign = switch (outcome.result()) {
            case PASSED -> "✓";
            case FAILED -> "✗";
            case LEFT_OUT -> "○";
        };
        var item = new StringBuilder(
                "<li class=\"check " + kind + "\" id=\"c" + check.number() + "\"><span class=\"sign\">"
                        + sign + "</span><span>" + check.number() + "</span><div><span class=\"sentence\">"
                        + ProgramReports.escaped(texts.say(check.sentence())) + "</span> <small>"
                        + escaped("level." + check.level().key()));
        if (outcome.reason() != null) {
            item.append(" · ").append(ProgramReports.escaped(texts.say(outcome.reason())));
        }
        item.append("</small>");
        if (outcome.isFailed()) {
            item.append("<dl>");
            entry(item, "report.source", texts.say(check.source()));
            entry(item, "report.expected", CheckReport.said(texts, outcome.expected()));
            entry(item, "report.actual", CheckReport.said(texts, outcome.actual()));
            entry(item, "report.look", texts.say(check.lookAt()));
            item.append("</dl><pre>")
                    .append(ProgramReports.escaped(String.join("\n", CheckReport.traceLines(outcome, texts))))
                    .append("</pre>");
        }
        return item.append("</div></li>\n").toString();
    }

    private void entry(StringBuilder item, String key, String text) {
        item.append("<dt>")
                .append(escaped(key))
                .append("</dt><dd>")
                .append(ProgramReports.escaped(text))
                .append("</dd>");
    }

    private String escaped(String key, Object... values) {
        return ProgramReports.escaped(texts.say(key, values));
    }
}
