package zap.bench.report;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeSet;
import org.HdrHistogram.Histogram;
import zap.bench.explain.LatenessExplanation;
import zap.bench.machine.CpuMeter.Who;

/** The results as one page that needs nothing else: no script, no file beside it, no network. */
public final class HtmlReport {

    private static final double[] PERCENTILES = {0, 50, 90, 99, 99.9, 99.99};
    private static final int POINTS_A_DECADE = 12;
    private static final int MOST_SECONDS_SHOWN = 12;
    private static final double PER = 1_000;

    private static final String STYLE = """
            :root { color-scheme: light dark; --ink: #1c1e21; --paper: #fff; --line: #d9dce1; --soft: #5b6270; }
            @media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --paper: #16181c; --line: #343941; --soft: #9aa2b1; } }
            body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
            h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; } h3 { font-size: 1rem; margin: 0 0 .4rem; }
            .wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
            th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
            th:nth-child(-n+2), td:nth-child(-n+2) { text-align: left; } th { font-weight: 600; } .spread, .soft { color: var(--soft); font-size: .85em; }
            .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 34rem), 1fr)); gap: 1.5rem; margin-top: 1.2rem; }
            figure { margin: 0; } svg { width: 100%; height: auto; } code { background: color-mix(in srgb, var(--line) 40%, transparent); padding: .1em .3em; }
            .axis, .legend { font-size: 12px; fill: var(--soft); } .legend { fill: var(--ink); } .grid { stroke: var(--line); }
            polyline { fill: none; stroke-width: 2; } .good { color: #16803c; } .bad { color: #c0262d; font-weight: 600; }
            .s0 { stroke: #2a6fdb; } .s1 { stroke: #d9731a; } .s2 { stroke: #2f9e5b; } .s3 { stroke: #b23a8f; } .s4 { stroke: #8d6e3f; } .s5 { stroke: #5a4fcf; } .s6 { stroke: #c0262d; } .s7 { stroke: #6b7280; }
            .f0 { fill: #2a6fdb; } .f1 { fill: #d9731a; } .f2 { fill: #2f9e5b; } .f3 { fill: #b23a8f; } .f4 { fill: #8d6e3f; } .f5 { fill: #5a4fcf; } .f6 { fill: #c0262d; } .f7 { fill: #6b7280; }
            """;

    private HtmlReport() {}

    /** All of it. */
    public static String of(Results results) {
        var page = new StringBuilder();
        page.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .append("<title>zap bench</title>\n<style>\n")
                .append(STYLE)
                .append("</style>\n</head>\n<body>\n<h1>zap bench</h1>\n");
        page.append("<p><code>%s</code><br>\n<span class=\"soft\">%s</span></p>\n"
                .formatted(
                        escaped(results.surroundings().command()),
                        escaped(results.surroundings().toString())));
        page.append("<p class=\"%s\">%s%s.</p>\n"
                .formatted(
                        results.verdict().isClean() ? "good" : "bad",
                        results.verdict().isClean() ? "Every message: " : "Not all is well: ",
                        escaped(results.verdict().toString())));
        results.disturbance().ifPresent(words -> page.append("<p class=\"bad\">%s</p>\n".formatted(escaped(words))));
        for (String mode : results.modes()) {
            List<Results.Row> rows = results.rows().stream()
                    .filter(row -> row.mode().equals(mode))
                    .toList();
            page.append("<h2>%s</h2>\n".formatted(escaped(mode)));
            table(page, rows);
            page.append("<div class=\"plots\">\n");
            latency(page, rows);
            overTime(page, rows);
            batches(page, rows);
            processors(page, rows);
            page.append("</div>\n");
            rows.forEach(row -> explanation(page, row));
        }
        page.append("<p class=\"soft\">Figures are medians of the runs, with the least and the most in brackets. ")
                .append("Processor time is in seconds for a thousand messages that were delivered. ")
                .append("Absolute figures move with the machine: compare what was measured in the same run.</p>\n");
        return page.append("</body>\n</html>\n").toString();
    }

    private static void table(StringBuilder page, List<Results.Row> rows) {
        var measures = EnumSet.noneOf(Measure.class);
        rows.forEach(row -> measures.addAll(row.figures().keySet()));
        page.append("<div class=\"wide\"><table>\n<tr><th></th><th>target</th>");
        measures.forEach(
                measure -> page.append("<th>").append(escaped(measure.title())).append("</th>"));
        page.append("<th>messages</th></tr>\n");
        for (Results.Row row : rows) {
            page.append("<tr><td>%s</td><td>%s</td>".formatted(escaped(row.what()), escaped(row.target())));
            for (Measure measure : measures) {
                Spread spread = row.figures().get(measure);
                page.append("<td>");
                if (spread != null) {
                    page.append(measure.format(spread.median()));
                    if (spread.runs() > 1) {
                        page.append(" <span class=\"spread\">(%s–%s)</span>"
                                .formatted(measure.format(spread.least()), measure.format(spread.most())));
                    }
                }
                page.append("</td>");
            }
            page.append("<td class=\"%s\">%s</td></tr>\n"
                    .formatted(
                            row.verdict().isClean() ? "good" : "bad",
                            row.verdict().isClean()
                                    ? "each once, in order"
                                    : escaped(row.verdict().toString())));
        }
        page.append("</table></div>\n");
    }

    private static void explanation(StringBuilder page, Results.Row row) {
        LatenessExplanation explanation = row.explanation();
        if (explanation == null) {
            return;
        }
        page.append("<h2>Late messages: %s</h2>\n<p>%s</p>\n"
                .formatted(escaped(name(row)), escaped(explanation.headline())));
        for (LatenessExplanation.Table table : explanation.tables()) {
            if (table.cells().size() < 2) {
                continue;
            }
            page.append("<h3>%s</h3>\n<div class=\"wide\"><table>\n".formatted(escaped(table.title())));
            for (int i = 0; i < table.cells().size(); i++) {
                page.append("<tr>");
                for (String cell : table.cells().get(i)) {
                    page.append(
                            i == 0 ? "<th>%s</th>".formatted(escaped(cell)) : "<td>%s</td>".formatted(escaped(cell)));
                }
                page.append("</tr>\n");
            }
            page.append("</table></div>\n");
        }
        explanation.notes().forEach(note -> page.append("<p class=\"soft\">%s</p>\n".formatted(escaped(note))));
    }

    private static String name(Results.Row row) {
        return row.target() + ": " + row.what();
    }

    private static void figure(StringBuilder page, String title, String chart) {
        page.append("<figure><h3>%s</h3>\n%s</figure>\n".formatted(escaped(title), chart));
    }

    /** The further to the right, the rarer: each step is a tenth of what was left before. */
    private static void latency(StringBuilder page, List<Results.Row> rows) {
        var series = new ArrayList<Chart.Series>();
        for (Results.Row row : rows) {
            Histogram latency = row.latency();
            if (latency == null || latency.getTotalCount() == 0) {
                continue;
            }
            var x = new ArrayList<Double>();
            var y = new ArrayList<Double>();
            int decades = (int) Math.min(4, Math.floor(Math.log10(Math.max(10, latency.getTotalCount()))));
            for (int i = 0; i <= decades * POINTS_A_DECADE; i++) {
                double nines = (double) i / POINTS_A_DECADE;
                x.add(nines);
                y.add(latency.getValueAtPercentile(100 - 100 * Math.pow(10, -nines)) / 1e6);
            }
            series.add(new Chart.Series(name(row), x, y));
        }
        if (!series.isEmpty()) {
            var ticks = new ArrayList<Chart.Tick>();
            for (double percentile : PERCENTILES) {
                String text = percentile == Math.rint(percentile)
                        ? Integer.toString((int) percentile)
                        : Double.toString(percentile);
                ticks.add(new Chart.Tick(-Math.log10(1 - percentile / 100), text));
            }
            figure(page, "Latency", Chart.lines("percentile", "milliseconds", ticks, series));
        }
    }

    private static void overTime(StringBuilder page, List<Results.Row> rows) {
        var series = new ArrayList<Chart.Series>();
        int longest = 0;
        for (Results.Row row : rows) {
            List<Double> perSecond = row.runs().getLast().perSecond();
            if (perSecond.size() > 1) {
                var x = new ArrayList<Double>();
                for (int i = 1; i <= perSecond.size(); i++) {
                    x.add((double) i);
                }
                series.add(new Chart.Series(name(row), x, perSecond));
                longest = Math.max(longest, perSecond.size());
            }
        }
        if (!series.isEmpty()) {
            var ticks = new ArrayList<Chart.Tick>();
            int step = Math.max(1, longest / MOST_SECONDS_SHOWN);
            for (int second = 1; second < longest; second += step) {
                ticks.add(new Chart.Tick(second, Integer.toString(second)));
            }
            ticks.add(new Chart.Tick(longest, Integer.toString(longest)));
            figure(page, "Throughput over time, the last run", Chart.lines("second", "messages/s", ticks, series));
        }
    }

    private static void batches(StringBuilder page, List<Results.Row> rows) {
        var sizes = new TreeSet<Double>();
        for (Results.Row row : rows) {
            row.batchSizes().forEach((size, count) -> {
                if (count > 0) {
                    sizes.add(size);
                }
            });
        }
        if (sizes.isEmpty()) {
            return;
        }
        List<Double> categories = List.copyOf(sizes);
        var series = new ArrayList<Chart.Series>();
        for (Results.Row row : rows) {
            SortedMap<Double, Double> counts = row.batchSizes();
            double all =
                    counts.values().stream().mapToDouble(Double::doubleValue).sum();
            if (all > 0) {
                var x = new ArrayList<Double>();
                var y = new ArrayList<Double>();
                for (int i = 0; i < categories.size(); i++) {
                    x.add((double) i);
                    y.add(100 * counts.getOrDefault(categories.get(i), 0.0) / all);
                }
                series.add(new Chart.Series(name(row), x, y));
            }
        }
        List<String> names = categories.stream()
                .map(size -> Double.isInfinite(size) ? "more" : "≤ " + size.intValue())
                .toList();
        figure(page, "Writes that shared a commit", Chart.bars("% of the commits", names, series));
    }

    private static void processors(StringBuilder page, List<Results.Row> rows) {
        List<Results.Row> told = rows.stream()
                .filter(row -> row.figures().containsKey(Measure.CPU_SERVER))
                .toList();
        if (told.isEmpty()) {
            return;
        }
        var series = new ArrayList<Chart.Series>();
        Map<Who, Measure> parts = Map.of(
                Who.SERVER, Measure.CPU_SERVER,
                Who.DATABASE, Measure.CPU_DATABASE,
                Who.GENERATOR, Measure.CPU_GENERATOR);
        for (Who who : List.of(Who.SERVER, Who.DATABASE, Who.GENERATOR)) {
            var x = new ArrayList<Double>();
            var y = new ArrayList<Double>();
            for (int i = 0; i < told.size(); i++) {
                Spread spread = told.get(i).figures().get(parts.get(who));
                if (spread != null) {
                    x.add((double) i);
                    y.add(spread.median() * PER);
                }
            }
            if (!x.isEmpty()) {
                series.add(new Chart.Series(who.title(), x, y));
            }
        }
        var names = new ArrayList<String>();
        var keys = new StringBuilder("<p class=\"soft\">");
        for (int i = 0; i < told.size(); i++) {
            names.add(String.format(Locale.ROOT, "%d", i + 1));
            keys.append(i + 1).append(": ").append(escaped(name(told.get(i)))).append("<br>");
        }
        figure(
                page,
                "Processor time for a message, by process",
                Chart.stacked("µs", names, series) + keys.append("</p>\n"));
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
