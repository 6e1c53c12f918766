package zap.bench.load;

import java.util.EnumMap;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import zap.bench.explain.LateLog;
import zap.bench.explain.LateMessage;
import zap.bench.explain.Observation;
import zap.bench.explain.ObservedServer;
import zap.bench.explain.RunExplanation;
import zap.bench.report.Measure;
import zap.bench.report.RunResult;
import zap.bench.traffic.User;

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
    private final long lateNanos;
    /** The time at which the first message of the present pace was due. */
    private volatile long start;

    /** @param rate messages a second, of all pairs together */
    public Latency(LoadPlan plan, double rate) {
        this(plan, rate, 0);
    }

    /**
     * @param rate messages a second, of all pairs together
     * @param lateNanos messages that take longer are explained, on targets that can be watched; 0 for none
     */
    public Latency(LoadPlan plan, double rate, long lateNanos) {
        this.plan = plan;
        this.rate = rate;
        this.lateNanos = lateNanos;
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
        @Nullable ObservedServer observed = lateNanos > 0 ? target.observed() : null;
        if (observed == null) {
            return run(target, run, progress, null);
        }
        progress.show("getting ready to explain");
        try (var observation = Observation.of(observed)) {
            return run(target, run, progress, observation);
        }
    }

    private RunResult run(Target target, int run, Progress progress, @Nullable Observation observation) {
        try (var crew = new Crew(target.messengers().get(), plan.pairs(), 1, plan.until(), plan.characters())) {
            progress.show("connecting");
            crew.connectAll();
            crew.writeDirectly();
            pace(crew, "warming up", new Interval(target, crew::delivered), plan.warmup(), progress, new long[0]);
            crew.latency().reset();
            var late = new LateLog(lateNanos);
            var sent = new long[observation == null ? 0 : (int) Math.round(plan.seconds() * rate)];
            if (observation != null) {
                observation.open();
            }
            var interval = new Interval(target, crew::delivered);
            if (observation != null) {
                // From here on, because those of the warm-up that are still under way belong to nothing.
                long begin = System.nanoTime();
                crew.whenArrived((recipient, due, now) -> arrived(late, recipient, begin, due, sent, now));
            }
            pace(crew, "measuring", interval, plan.seconds(), progress, sent);
            interval.end();
            // Those that are still under way belong to it: they are the late ones.
            crew.awaitQuiet(plan.patience());
            progress.show("explaining");
            @Nullable RunExplanation explanation = observation == null ? null : observation.explain(late);
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
                    crew.verdict(),
                    explanation);
        }
    }

    private void arrived(LateLog late, User recipient, long begin, long due, long[] sent, long now) {
        if (due < begin) {
            return;
        }
        if (!late.isLate(now - due)) {
            late.inTime();
            return;
        }
        int number = (int) Math.round((due - start) / (NANOS / rate));
        // It was sent when it was due, or later.
        long sentAt = number >= 0 && number < sent.length ? Math.max(due, sent[number]) : due;
        late.add(new LateMessage(numberOf(recipient), due, sentAt, now));
    }

    /** Returns the number of a client of zap; 0 for a user of something else. */
    private static long numberOf(User user) {
        try {
            return Long.parseLong(user.address());
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** @param sent takes the time at which each message was sent, if it has room */
    private void pace(Crew crew, String what, Interval interval, double seconds, Progress progress, long[] sent) {
        long total = Math.round(seconds * rate);
        start = System.nanoTime();
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
            if (n < sent.length) {
                sent[(int) n] = System.nanoTime();
            }
            crew.flow((int) (n % flows)).sendOne(due);
        }
    }
}
