package zap.bench.load;

import java.util.EnumMap;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import zap.bench.report.Measure;
import zap.bench.report.RunResult;

/**
 * Measures the latency of messages at a fixed rate, independent of the answers.
 *
 * <p>Latency counts from the moment at which a message was due to be sent, not from when it was: a server that stalls
 * makes later messages late, and they are counted so. Leaving that out is known as coordinated omission.
 */
public final class Latency implements Mode {

    private static final double NANOS = 1e9;

    /** Waiting is over a little early, and the rest is spun: the system wakes nobody on the dot. */
    private static final long SPIN_NANOS = 60_000;

    private final LoadPlan plan;
    private final double rate;

    /** @param rate messages a second, of all pairs together */
    public Latency(LoadPlan plan, double rate) {
        this.plan = plan;
        this.rate = rate;
    }

    @Override
    public String name() {
        return "latency";
    }

    @Override
    public String what() {
        return String.format(Locale.ROOT, "%d pairs, %,.0f messages/s", plan.pairs(), rate);
    }

    @Override
    public RunResult run(Target target, int run, Progress progress) {
        try (var crew = new Crew(target.messengers().get(), plan.pairs(), 1, plan.until(), plan.characters())) {
            progress.show("connecting");
            crew.connectAll();
            crew.writeDirectly();
            pace(crew, "warming up", new Interval(target, crew::delivered), plan.warmup(), progress);
            crew.latency().reset();
            var interval = new Interval(target, crew::delivered);
            pace(crew, "measuring", interval, plan.seconds(), progress);
            interval.end();
            // Those that are still under way belong to it: they are the late ones.
            crew.awaitQuiet(plan.patience());
            Histogram latency = crew.latency().getIntervalHistogram();

            EnumMap<Measure, Double> figures = interval.commonFigures();
            figures.put(Measure.MESSAGES, interval.rate());
            Interval.addLatency(figures, latency);
            return new RunResult(
                    name(),
                    what(),
                    target.name(),
                    run,
                    figures,
                    latency,
                    interval.perSecond(),
                    interval.batchSizes(),
                    interval.cpu(),
                    crew.verdict());
        }
    }

    private void pace(Crew crew, String what, Interval interval, double seconds, Progress progress) {
        long total = Math.round(seconds * rate);
        long start = System.nanoTime();
        double gap = NANOS / rate;
        int flows = crew.flows().size();
        long nextLook = start;
        for (long n = 0; n < total; n++) {
            long due = start + Math.round(n * gap);
            long now = System.nanoTime();
            if (now > nextLook && due - now > 0) {
                progress.show(String.format(
                        Locale.ROOT,
                        "%s, second %d of %d: %,.0f/s",
                        what,
                        (int) ((now - start) / NANOS) + 1,
                        (int) seconds,
                        interval.sample()));
                nextLook = now + 250_000_000;
            }
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                if (wait > SPIN_NANOS) {
                    LockSupport.parkNanos(wait - SPIN_NANOS);
                } else {
                    Thread.onSpinWait();
                }
            }
            crew.flow((int) (n % flows)).sendOne(due);
        }
    }
}
