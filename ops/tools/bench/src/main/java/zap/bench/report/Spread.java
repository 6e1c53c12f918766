package zap.bench.report;

import java.util.Arrays;
import java.util.Collection;

/** The spread of several runs: median, least and most. */
public record Spread(double median, double least, double most, int runs) {

    /**
     * Of these values.
     *
     * @throws IllegalArgumentException for no values at all
     */
    public static Spread of(Collection<Double> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("no runs");
        }
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1], sorted.length);
    }

    /** The median, and the ends where there is more than one run. */
    public String format(Measure measure) {
        return runs == 1
                ? measure.format(median)
                : measure.format(median) + " (" + measure.format(least) + "–" + measure.format(most) + ")";
    }
}
