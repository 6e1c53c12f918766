package zap.bench.report;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import zap.bench.explain.LatenessExplanation;

/** The results as tables of text, one for each mode: for a terminal, and good Markdown as well. */
public final class TextTable {

    private TextTable() {}

    /** All of it, with a line about the messages at the end. */
    public static String of(Results results) {
        var text = new StringBuilder();
        for (String mode : results.modes()) {
            List<Results.Row> rows = results.rows().stream()
                    .filter(row -> row.mode().equals(mode))
                    .toList();
            append(text, cells(rows));
            text.append('\n');
        }
        results.rows().forEach(row -> appendExplanation(text, row));
        appendVerdict(text, results);
        return text.toString();
    }

    private static void appendExplanation(StringBuilder text, Results.Row row) {
        LatenessExplanation explanation = row.explanation();
        if (explanation == null) {
            return;
        }
        text.append("%s, %s: %s\n\n".formatted(row.target(), row.what(), explanation.headline()));
        for (LatenessExplanation.Table table : explanation.tables()) {
            if (table.cells().size() > 1) {
                text.append(table.title()).append(":\n\n");
                append(text, table.cells(), table.words());
                text.append('\n');
            }
        }
        explanation.notes().forEach(note -> text.append(note).append('\n'));
        text.append('\n');
    }

    private static List<List<String>> cells(List<Results.Row> rows) {
        var measures = EnumSet.noneOf(Measure.class);
        rows.forEach(row -> measures.addAll(row.figures().keySet()));
        // The tail is measured at a fixed rate; at full speed it is that of the queue in front of the server.
        boolean hasTail = rows.getFirst().mode().equals("latency");
        measures.removeIf(measure -> !measure.isForTerminals() && !(hasTail && measure == Measure.P999));
        var lines = new ArrayList<List<String>>();
        var head = new ArrayList<>(List.of(rows.getFirst().mode(), "target"));
        measures.forEach(measure -> head.add(measure.title()));
        lines.add(head);
        for (Results.Row row : rows) {
            var line = new ArrayList<>(List.of(row.what(), row.target()));
            for (Measure measure : measures) {
                Spread spread = row.figures().get(measure);
                line.add(spread == null ? "" : spread.format(measure));
            }
            lines.add(line);
        }
        return lines;
    }

    /** One table; the first line is its head, and the first two columns are words. */
    static void append(StringBuilder text, List<List<String>> lines) {
        append(text, lines, 2);
    }

    /** One table; the first line is its head, and so many columns are words. */
    private static void append(StringBuilder text, List<List<String>> lines, int words) {
        int columns = lines.getFirst().size();
        var widths = new int[columns];
        for (List<String> line : lines) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
        for (int n = 0; n < lines.size(); n++) {
            text.append('|');
            for (int i = 0; i < columns; i++) {
                String cell = lines.get(n).get(i);
                String blanks = " ".repeat(widths[i] - cell.length());
                // Words from the left, numbers from the right.
                text.append(' ')
                        .append(i < words ? cell + blanks : blanks + cell)
                        .append(" |");
            }
            text.append('\n');
            if (n == 0) {
                text.append('|');
                for (int i = 0; i < columns; i++) {
                    text.append("-".repeat(widths[i] + 1)).append(i < words ? "-|" : ":|");
                }
                text.append('\n');
            }
        }
    }

    /** The lines about the messages and the machine. */
    static void appendVerdict(StringBuilder text, Results results) {
        text.append(results.verdict().isClean() ? "Every message: " : "NOT ALL IS WELL: ")
                .append(results.verdict())
                .append(".\n");
        for (Results.Row row : results.rows()) {
            if (!row.verdict().isClean()) {
                text.append("  %s, %s: %s\n".formatted(row.target(), row.what(), row.verdict()));
            }
        }
        results.disturbance().ifPresent(words -> text.append(words).append('\n'));
        text.append(results.surroundings()).append('\n');
    }
}
