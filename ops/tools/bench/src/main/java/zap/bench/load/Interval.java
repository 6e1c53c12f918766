package zap.bench.load;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;
import zap.bench.machine.CpuMeter;
import zap.bench.machine.CpuMeter.Who;
import zap.bench.machine.ServerMeters;
import zap.bench.report.Measure;

/** The time in which is measured: what was so at its beginning, and what has changed by its end. */
final class Interval {

    private static final double NANOS = 1e9;
    private static final long SAMPLE_NANOS = 1_000_000_000;
    private static final double PER = 1_000;

    private final Target target;
    private final LongSupplier counter;
    private final Map<String, Double> metersBefore;
    private final Map<Who, Double> cpuBefore;
    private final long countBefore;
    private final long from;
    private final List<Double> perSecond = new ArrayList<>();
    private long lastSample;
    private long lastCount;

    private long until;
    private long count;
    private Map<Who, Double> cpu = Map.of();
    private Map<String, Double> metersAfter = Map.of();

    /** Begins now. */
    Interval(Target target, LongSupplier counter) {
        this.target = target;
        this.counter = counter;
        metersBefore = target.meters().read();
        cpuBefore = target.cpu().seconds();
        countBefore = counter.getAsLong();
        from = System.nanoTime();
        lastSample = from;
        lastCount = countBefore;
    }

    double secondsSoFar() {
        return (System.nanoTime() - from) / NANOS;
    }

    /** To be called often: takes a sample when a second is over. Returns the rate of now. */
    double sample() {
        long now = System.nanoTime();
        long counted = counter.getAsLong();
        double rate = (counted - lastCount) * NANOS / Math.max(1, now - lastSample);
        if (now - lastSample >= SAMPLE_NANOS) {
            perSecond.add(rate);
            lastSample = now;
            lastCount = counted;
        }
        return rate;
    }

    /** Ends now. */
    Interval end() {
        until = System.nanoTime();
        count = counter.getAsLong() - countBefore;
        cpu = CpuMeter.between(cpuBefore, target.cpu().seconds());
        metersAfter = target.meters().read();
        return this;
    }

    double seconds() {
        return (until - from) / NANOS;
    }

    long count() {
        return count;
    }

    double rate() {
        return count / seconds();
    }

    List<Double> perSecond() {
        return perSecond;
    }

    Map<Who, Double> cpu() {
        return cpu;
    }

    SortedMap<Double, Double> batchSizes() {
        return ServerMeters.batchSizes(metersBefore, metersAfter);
    }

    /** Returns the figures of every mode: processor time per thousand, size of commits, load by other processes. */
    EnumMap<Measure, Double> commonFigures() {
        var figures = new EnumMap<Measure, Double>(Measure.class);
        if (count > 0) {
            per(figures, Measure.CPU_SERVER, Who.SERVER);
            per(figures, Measure.CPU_DATABASE, Who.DATABASE);
            per(figures, Measure.CPU_GENERATOR, Who.GENERATOR);
            if (cpu.containsKey(Who.SERVER)) {
                double measured = cpu.getOrDefault(Who.SERVER, 0.0) + cpu.getOrDefault(Who.DATABASE, 0.0);
                figures.put(Measure.CPU_MEASURED, measured * PER / count);
            }
        }
        double commits = ServerMeters.raised("zap_writer_batch_size_writes_count", metersBefore, metersAfter);
        if (commits > 0) {
            figures.put(
                    Measure.BATCH,
                    ServerMeters.raised("zap_writer_batch_size_writes_sum", metersBefore, metersAfter) / commits);
        }
        Double others = cpu.get(Who.OTHERS);
        if (others != null && cpu.containsKey(Who.SERVER)) {
            figures.put(
                    Measure.OTHERS,
                    100 * others / (seconds() * Runtime.getRuntime().availableProcessors()));
        }
        return figures;
    }

    private void per(Map<Measure, Double> figures, Measure measure, Who who) {
        Double seconds = cpu.get(who);
        if (seconds != null) {
            figures.put(measure, seconds * PER / count);
        }
    }

    /** The percentiles of latencies in nanoseconds. */
    static void addLatency(Map<Measure, Double> figures, Histogram latency) {
        if (latency.getTotalCount() > 0) {
            figures.put(Measure.P50, latency.getValueAtPercentile(50) / 1e6);
            figures.put(Measure.P90, latency.getValueAtPercentile(90) / 1e6);
            figures.put(Measure.P99, latency.getValueAtPercentile(99) / 1e6);
            figures.put(Measure.P999, latency.getValueAtPercentile(99.9) / 1e6);
            figures.put(Measure.MAX, latency.getMaxValue() / 1e6);
        }
    }
}
