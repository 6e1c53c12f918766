package zap.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import zap.bench.explain.LatenessExplanation;
import zap.bench.traffic.Verdict;

/** The results for programs: everything that the tables say, and every single run. */
public final class JsonReport {

    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 99.99, 100};

    private JsonReport() {}

    /** All of it, as one JSON object. */
    public static String of(Results results) {
        Surroundings surroundings = results.surroundings();
        var all = new LinkedHashMap<String, Object>();
        all.put("when", surroundings.when().toString());
        all.put("command", surroundings.command());
        all.put("system", surroundings.system());
        all.put("processors", surroundings.processors());
        all.put("loadAtStart", surroundings.loadAtStart());
        all.put("clean", results.verdict().isClean());
        var rows = new ArrayList<Object>();
        for (Results.Row row : results.rows()) {
            rows.add(row(row));
        }
        all.put("results", rows);
        var text = new StringBuilder();
        write(text, all, "\n");
        return text.append('\n').toString();
    }

    private static Map<String, Object> row(Results.Row row) {
        var object = new LinkedHashMap<String, Object>();
        object.put("mode", row.mode());
        object.put("what", row.what());
        object.put("target", row.target());
        var medians = new LinkedHashMap<String, Object>();
        row.figures().forEach((measure, spread) -> {
            var figure = new LinkedHashMap<String, Object>();
            figure.put("median", spread.median());
            figure.put("least", spread.least());
            figure.put("most", spread.most());
            medians.put(name(measure), figure);
        });
        object.put("figures", medians);
        object.put("messages", verdict(row.verdict()));
        LatenessExplanation explanation = row.explanation();
        if (explanation != null) {
            object.put("late", explanation.toMap());
        }
        var runs = new ArrayList<Object>();
        for (RunResult run : row.runs()) {
            runs.add(run(run));
        }
        object.put("runs", runs);
        return object;
    }

    private static Map<String, Object> run(RunResult run) {
        var object = new LinkedHashMap<String, Object>();
        object.put("run", run.run());
        var figures = new LinkedHashMap<String, Object>();
        run.figures().forEach((measure, value) -> figures.put(name(measure), value));
        object.put("figures", figures);
        object.put("perSecond", run.perSecond());
        var cpu = new LinkedHashMap<String, Object>();
        run.cpuSeconds().forEach((who, seconds) -> cpu.put(who.name().toLowerCase(Locale.ROOT), seconds));
        object.put("cpuSeconds", cpu);
        var batches = new LinkedHashMap<String, Object>();
        run.batchSizes()
                .forEach((size, count) -> batches.put(Double.isInfinite(size) ? "more" : "≤" + size.intValue(), count));
        object.put("commitsBySize", batches);
        Histogram latency = run.latency();
        if (latency != null) {
            var percentiles = new LinkedHashMap<String, Object>();
            for (double percentile : PERCENTILES) {
                percentiles.put("p" + percentile, latency.getValueAtPercentile(percentile) / 1e6);
            }
            object.put("latencyMillis", percentiles);
        }
        object.put("messages", verdict(run.verdict()));
        return object;
    }

    private static Map<String, Object> verdict(Verdict verdict) {
        var object = new LinkedHashMap<String, Object>();
        object.put("sent", verdict.sent());
        object.put("due", verdict.due());
        object.put("lost", verdict.lost());
        object.put("doubled", verdict.doubled());
        object.put("outOfOrder", verdict.outOfOrder());
        object.put("changed", verdict.changed());
        object.put("strayed", verdict.strayed());
        object.put("failures", verdict.failures());
        if (!verdict.firstFailure().isEmpty()) {
            object.put("firstFailure", verdict.firstFailure());
        }
        return object;
    }

    private static String name(Measure measure) {
        return measure.name().toLowerCase(Locale.ROOT);
    }

    private static void write(StringBuilder text, @Nullable Object value, String indent) {
        switch (value) {
            case Map<?, ?> map ->
                writeAll(
                        text,
                        '{',
                        '}',
                        indent,
                        map.entrySet().stream()
                                .map(entry -> quoted(Objects.toString(entry.getKey())) + ": "
                                        + written(entry.getValue(), indent + "  "))
                                .toList());
            case List<?> list ->
                writeAll(
                        text,
                        '[',
                        ']',
                        indent,
                        list.stream().map(item -> written(item, indent + "  ")).toList());
            case Double number -> text.append(Double.isFinite(number) ? shortest(number) : "null");
            case Number number -> text.append(number);
            case Boolean truth -> text.append(truth);
            case null -> text.append("null");
            default -> text.append(quoted(value.toString()));
        }
    }

    private static String written(@Nullable Object value, String indent) {
        var text = new StringBuilder();
        write(text, value, indent);
        return text.toString();
    }

    private static void writeAll(StringBuilder text, char open, char close, String indent, List<String> items) {
        text.append(open);
        for (int i = 0; i < items.size(); i++) {
            text.append(i == 0 ? "" : ",").append(indent).append("  ").append(items.get(i));
        }
        text.append(items.isEmpty() ? "" : indent).append(close);
    }

    private static String shortest(double number) {
        double rounded = Math.round(number * 1e6) / 1e6;
        return rounded == Math.rint(rounded) && Math.abs(rounded) < 1e15
                ? Long.toString((long) rounded)
                : Double.toString(rounded);
    }

    static String quoted(String text) {
        var quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                case '\n' -> quoted.append("\\n");
                default -> {
                    if (c < ' ') {
                        quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }
}
