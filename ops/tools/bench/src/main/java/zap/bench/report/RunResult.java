package zap.bench.report;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import zap.bench.explain.RunExplanation;
import zap.bench.machine.CpuMeter;
import zap.bench.traffic.Verdict;

/**
 * The result of one run.
 *
 * @param mode what was done, in a word
 * @param what what was done, with its parameters: the same in every run and for every target
 * @param target what was measured
 * @param run the repetition, from 1 on
 * @param figures the figures
 * @param latency nanoseconds from the sending to the arrival; null where that has no meaning
 * @param perSecond deliveries in each second, from the first one measured on
 * @param batchSizes commits by size: the upper end of each range, and how many; empty when the server does not tell
 * @param cpuSeconds processor time that each has used
 * @param verdict what became of the messages
 * @param explanation the causes of its late messages; null if they were not asked for
 */
public record RunResult(
        String mode,
        String what,
        String target,
        int run,
        Map<Measure, Double> figures,
        @Nullable Histogram latency,
        List<Double> perSecond,
        SortedMap<Double, Double> batchSizes,
        Map<CpuMeter.Who, Double> cpuSeconds,
        Verdict verdict,
        @Nullable RunExplanation explanation) {

    /** A result without an explanation of its late messages. */
    public RunResult(
            String mode,
            String what,
            String target,
            int run,
            Map<Measure, Double> figures,
            @Nullable Histogram latency,
            List<Double> perSecond,
            SortedMap<Double, Double> batchSizes,
            Map<CpuMeter.Who, Double> cpuSeconds,
            Verdict verdict) {
        this(mode, what, target, run, figures, latency, perSecond, batchSizes, cpuSeconds, verdict, null);
    }
}
