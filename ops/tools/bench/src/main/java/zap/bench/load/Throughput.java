package zap.bench.load;

import java.util.EnumMap;
import java.util.Locale;
import org.HdrHistogram.Histogram;
import zap.bench.report.Measure;
import zap.bench.report.RunResult;
import zap.bench.traffic.Flow;
import zap.bench.traffic.Messenger;

/**
 * As fast as it goes with so many messages in flight for each sender: the next one is sent when one has arrived.
 *
 * <p>With more than one recipient for each sender it writes to groups.
 */
public final class Throughput implements Mode {

    private static final long LOOK_MILLIS = 100;

    private final LoadPlan plan;
    private final int window;
    private final int perFlow;

    /**
     * @param window how many messages of one sender are in flight at most
     * @param perFlow how many recipients each sender has; more than one are a group
     */
    public Throughput(LoadPlan plan, int window, int perFlow) {
        this.plan = plan;
        this.window = window;
        this.perFlow = perFlow;
    }

    @Override
    public String name() {
        return perFlow == 1 ? "throughput" : "groups";
    }

    @Override
    public String what() {
        return perFlow == 1
                ? "%s pairs, %s in flight each".formatted(plan.pairs(), window)
                : "%s groups of %s, %s in flight each".formatted(plan.pairs(), perFlow + 1, window);
    }

    @Override
    public boolean suitsRelay() {
        return perFlow == 1;
    }

    @Override
    public RunResult run(Target target, int run, Progress progress) {
        Messenger messenger = target.messengers().get();
        // Where nobody tells what is stored, waiting for it would be for ever.
        Flow.Until until = messenger.tellsAccepted() ? plan.until() : Flow.Until.DELIVERED;
        try (var crew = new Crew(messenger, plan.pairs(), perFlow, until, plan.characters())) {
            progress.show("connecting");
            crew.connectAll();
            if (perFlow == 1) {
                crew.writeDirectly();
            } else {
                crew.writeToGroups();
            }
            crew.start(window, Long.MAX_VALUE);
            watch("warming up", new Interval(target, crew::delivered), plan.warmup(), progress);
            crew.latency().reset();
            var interval = new Interval(target, crew::delivered);
            watch("measuring", interval, plan.seconds(), progress);
            interval.end();
            Histogram latency = crew.latency().getIntervalHistogram();
            crew.stop();
            progress.show("waiting for the last ones");
            crew.awaitQuiet(plan.patience());

            EnumMap<Measure, Double> figures = interval.commonFigures();
            figures.put(Measure.MESSAGES, interval.rate() / perFlow);
            if (perFlow > 1) {
                figures.put(Measure.DELIVERIES, interval.rate());
            }
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

    static void watch(String what, Interval interval, double seconds, Progress progress) {
        while (interval.secondsSoFar() < seconds) {
            Crew.pause((long) Math.clamp((seconds - interval.secondsSoFar()) * 1000, 1, LOOK_MILLIS));
            progress.show(String.format(
                    Locale.ROOT,
                    "%s, second %d of %d: %,.0f/s",
                    what,
                    (int) interval.secondsSoFar() + 1,
                    (int) seconds,
                    interval.sample()));
        }
    }
}
