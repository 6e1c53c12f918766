package zap.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The results of a measurement of several nodes: a row for each load and each way to spread its clients, with the ratio
 * of its processor time to that of all clients on one node.
 */
public final class NodesTable {

    private static final List<Measure> SHOWN =
            List.of(Measure.MESSAGES, Measure.P50, Measure.P99, Measure.P999, Measure.CPU_SERVER, Measure.CPU_DATABASE);

    private NodesTable() {}

    /**
     * Returns the table, and a line about the messages.
     *
     * @param baseline the end of the names of the targets that the others are compared with; what stands before it, the
     *     number of nodes, is the same for both
     */
    public static String of(Results results, String baseline) {
        var cells = new ArrayList<List<String>>();
        var head = new ArrayList<>(List.of("load", "clients"));
        SHOWN.forEach(measure -> head.add(measure.title()));
        head.addAll(List.of("CPU s/1,000: all", "ratio", "(rounds)"));
        cells.add(head);
        for (Results.Row row : results.rows()) {
            var line = new ArrayList<>(List.of(row.what(), row.target()));
            SHOWN.forEach(measure -> line.add(median(row, measure)));
            line.add(median(row, Measure.CPU_MEASURED));
            @Nullable Spread ratio = ratio(results, row, baseline);
            line.add(ratio == null ? "" : String.format(Locale.ROOT, "%.2f", ratio.median()));
            line.add(ratio == null ? "" : String.format(Locale.ROOT, "(%.2f–%.2f)", ratio.least(), ratio.most()));
            cells.add(line);
        }
        var text = new StringBuilder();
        TextTable.append(text, cells);
        TextTable.appendVerdict(text.append('\n'), results);
        return text.toString();
    }

    private static String median(Results.Row row, Measure measure) {
        @Nullable Spread figure = row.figures().get(measure);
        return figure == null ? "" : measure.format(figure.median());
    }

    private static @Nullable Spread ratio(Results results, Results.Row row, String baseline) {
        String before = row.target().replaceFirst(", .*", ", " + baseline);
        if (row.target().equals(before)) {
            return null;
        }
        return Comparison.of(results, before, row.target()).stream()
                .filter(line -> line.what().equals(row.what()) && line.measure() == Measure.CPU_MEASURED)
                .map(Comparison.Line::ratio)
                .findFirst()
                .orElse(null);
    }
}
