package zap.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Two targets measured in turn, round by round, and the ratios of what came of it. The machine may be faster or slower
 * from one minute to the next; the two halves of a round are too close together for that to matter much.
 */
public final class Comparison {

    /** The measures that are compared, those first of which more is better. */
    private static final List<Measure> MORE_IS_BETTER =
            List.of(Measure.MESSAGES, Measure.DELIVERIES, Measure.STORED, Measure.DRAINED);

    private static final List<Measure> LESS_IS_BETTER =
            List.of(Measure.P50, Measure.P99, Measure.P999, Measure.CPU_MEASURED);

    /** The result of comparing two figures. */
    public enum Judgement {
        BETTER("better"),
        WORSE("worse"),
        /** Some rounds say one thing and some another, or too few say anything. */
        NO_DIFFERENCE("no difference to be seen");

        private final String words;

        Judgement(String words) {
            this.words = words;
        }

        @Override
        public String toString() {
            return words;
        }
    }

    /**
     * One figure of both.
     *
     * @param what what was done
     * @param measure what the figure is of
     * @param before the figure of the one that is compared with
     * @param now the figure of the other
     * @param ratio now divided by before, in each round
     * @param judgement which is better, if all rounds agree
     */
    public record Line(String what, Measure measure, Spread before, Spread now, Spread ratio, Judgement judgement) {}

    /** With fewer, all of them may well agree by chance. */
    private static final int ENOUGH_ROUNDS = 5;

    /** Less than that is nothing that anybody would notice. */
    private static final double NOTICEABLE = 0.03;

    private Comparison() {}

    /**
     * Compares round by round.
     *
     * @param before the name of the target that is compared with
     * @param now the name of the other
     */
    public static List<Line> of(Results results, String before, String now) {
        var lines = new ArrayList<Line>();
        List<Results.Row> rows = results.rows();
        for (Results.Row row : rows) {
            Results.Row other = rows.stream()
                    .filter(one -> one.target().equals(before)
                            && one.what().equals(row.what())
                            && one.mode().equals(row.mode()))
                    .findFirst()
                    .orElse(null);
            if (row.target().equals(now) && other != null) {
                for (Measure measure : Measure.values()) {
                    Line line = line(row, other, measure);
                    if (line != null) {
                        lines.add(line);
                    }
                }
            }
        }
        return lines;
    }

    private static @Nullable Line line(Results.Row now, Results.Row before, Measure measure) {
        boolean moreIsBetter = MORE_IS_BETTER.contains(measure);
        Spread figureNow = now.figures().get(measure);
        Spread figureBefore = before.figures().get(measure);
        if (!isCompared(measure, now) || figureNow == null || figureBefore == null) {
            return null;
        }
        var ratios = new ArrayList<Double>();
        for (RunResult run : now.runs()) {
            for (RunResult other : before.runs()) {
                Double mine = run.figures().get(measure);
                Double its = other.figures().get(measure);
                if (run.run() == other.run() && mine != null && its != null && its > 0) {
                    ratios.add(mine / its);
                }
            }
        }
        if (ratios.isEmpty()) {
            return null;
        }
        Spread ratio = Spread.of(ratios);
        return new Line(now.what(), measure, figureBefore, figureNow, ratio, judge(ratio, moreIsBetter));
    }

    /** At full speed the tail is that of the queue in front of the server, and says nothing that p99 does not. */
    private static boolean isCompared(Measure measure, Results.Row row) {
        return measure == Measure.P999
                ? row.mode().equals("latency")
                : MORE_IS_BETTER.contains(measure) || LESS_IS_BETTER.contains(measure);
    }

    private static Judgement judge(Spread ratio, boolean moreIsBetter) {
        boolean more = ratio.least() > 1;
        boolean less = ratio.most() < 1;
        if (ratio.runs() < ENOUGH_ROUNDS || !(more || less) || Math.abs(ratio.median() - 1) < NOTICEABLE) {
            return Judgement.NO_DIFFERENCE;
        }
        return more == moreIsBetter ? Judgement.BETTER : Judgement.WORSE;
    }

    /** The comparison as a table. */
    public static String table(List<Line> lines, String before, String now) {
        var cells = new ArrayList<List<String>>();
        cells.add(List.of("what", "figure", before, now, "ratio", "(rounds)", "that is"));
        for (Line line : lines) {
            cells.add(List.of(
                    line.what(),
                    line.measure() == Measure.CPU_MEASURED
                            ? "CPU s/1,000"
                            : line.measure().title(),
                    line.before().format(line.measure()),
                    line.now().format(line.measure()),
                    String.format(Locale.ROOT, "%.2f", line.ratio().median()),
                    String.format(
                            Locale.ROOT,
                            "(%.2f–%.2f)",
                            line.ratio().least(),
                            line.ratio().most()),
                    line.judgement().toString()));
        }
        var text = new StringBuilder();
        TextTable.append(text, cells);
        return text.toString();
    }
}
