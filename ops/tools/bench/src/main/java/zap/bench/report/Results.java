package zap.bench.report;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import zap.bench.explain.LatenessExplanation;
import zap.bench.explain.RunExplanation;
import zap.bench.machine.CpuMeter;
import zap.bench.traffic.Verdict;

/** All runs, and what they come to. */
public final class Results {

    /**
     * All runs of the same thing on the same target.
     *
     * @param mode what was done, in a word
     * @param what what was done, with its parameters
     * @param target what was measured
     * @param runs in their order
     */
    public record Row(String mode, String what, String target, List<RunResult> runs) {

        /** The figures of all runs. */
        public Map<Measure, Spread> figures() {
            var values = new EnumMap<Measure, List<Double>>(Measure.class);
            for (RunResult run : runs) {
                run.figures()
                        .forEach((measure, value) -> values.computeIfAbsent(measure, _ -> new ArrayList<>())
                                .add(value));
            }
            var spreads = new EnumMap<Measure, Spread>(Measure.class);
            values.forEach((measure, list) -> spreads.put(measure, Spread.of(list)));
            return spreads;
        }

        /** The latencies of all runs in one, if there are any. */
        public @Nullable Histogram latency() {
            Histogram all = null;
            for (RunResult run : runs) {
                if (run.latency() != null) {
                    if (all == null) {
                        all = new Histogram(run.latency());
                        all.setAutoResize(true);
                    }
                    all.add(run.latency());
                }
            }
            return all;
        }

        /** The explanation of the late messages of all runs; null if it was not asked for. */
        public @Nullable LatenessExplanation explanation() {
            List<RunExplanation> explained = runs.stream()
                    .map(RunResult::explanation)
                    .filter(Objects::nonNull)
                    .toList();
            return explained.isEmpty() ? null : LatenessExplanation.of(explained);
        }

        /** Commits by size, of all runs. */
        public SortedMap<Double, Double> batchSizes() {
            var all = new TreeMap<Double, Double>();
            for (RunResult run : runs) {
                run.batchSizes().forEach((size, count) -> all.merge(size, count, Double::sum));
            }
            return all;
        }

        /** Returns the verdict on the messages of all runs. */
        public Verdict verdict() {
            return runs.stream().map(RunResult::verdict).reduce(Verdict.NOTHING, Verdict::plus);
        }

        /** Returns the processor time of all runs by user. */
        public Map<CpuMeter.Who, Double> cpuSeconds() {
            var all = new EnumMap<CpuMeter.Who, Double>(CpuMeter.Who.class);
            for (RunResult run : runs) {
                run.cpuSeconds().forEach((who, seconds) -> all.merge(who, seconds, Double::sum));
            }
            return all;
        }
    }

    /** Percent of the processors. */
    private static final double DISTURBING = 15;

    private final Surroundings surroundings;
    private final List<RunResult> runs = new ArrayList<>();

    public Results(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    public void add(RunResult run) {
        runs.add(run);
    }

    /** Returns the circumstances of the measurement. */
    public Surroundings surroundings() {
        return surroundings;
    }

    /** The rows by what was done, then by target, both in the order in which they came first. */
    public List<Row> rows() {
        var rows = new LinkedHashMap<List<String>, List<RunResult>>();
        var things = new LinkedHashMap<List<String>, List<String>>();
        for (RunResult run : runs) {
            things.putIfAbsent(List.of(run.mode(), run.what()), List.of());
            rows.computeIfAbsent(List.of(run.mode(), run.what(), run.target()), _ -> new ArrayList<>())
                    .add(run);
        }
        var sorted = new ArrayList<Row>();
        for (List<String> thing : things.keySet()) {
            rows.forEach((key, list) -> {
                if (key.subList(0, 2).equals(thing)) {
                    sorted.add(new Row(key.get(0), key.get(1), key.get(2), List.copyOf(list)));
                }
            });
        }
        return sorted;
    }

    /** The modes that were run, in their order. */
    public List<String> modes() {
        return runs.stream().map(RunResult::mode).distinct().toList();
    }

    /**
     * Reports that other processes used so much processor time that the figures are unreliable.
     *
     * @return a sentence to put beside the figures; empty when all is well, or nobody knows
     */
    public Optional<String> disturbance() {
        double[] shares = runs.stream()
                .map(run -> run.figures().get(Measure.OTHERS))
                .filter(Objects::nonNull)
                .mapToDouble(Double::doubleValue)
                .sorted()
                .toArray();
        if (shares.length == 0 || shares[shares.length / 2] < DISTURBING) {
            return Optional.empty();
        }
        return Optional.of(String.format(
                Locale.ROOT,
                "Other processes took %.0f %% of the processors meanwhile: absolute figures mean little, ratios within a run more.",
                shares[shares.length / 2]));
    }

    /** Returns the verdict on all messages. */
    public Verdict verdict() {
        return runs.stream().map(RunResult::verdict).reduce(Verdict.NOTHING, Verdict::plus);
    }
}
