package zap.bench.load;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import zap.bench.report.Measure;
import zap.bench.report.RunResult;
import zap.bench.traffic.Flow;
import zap.bench.traffic.User;

/** Measures how fast messages for offline users are stored, and delivered when all users come back at once. */
public final class Offline implements Mode {

    /** Enough to keep a server busy, little enough to be no flood. */
    private static final int WINDOW = 256;

    private static final Duration LONGEST = Duration.ofMinutes(10);

    private final LoadPlan plan;
    private final int messages;

    /** @param messages how many wait for each recipient */
    public Offline(LoadPlan plan, int messages) {
        this.plan = plan;
        this.messages = messages;
    }

    @Override
    public String name() {
        return "offline";
    }

    @Override
    public String what() {
        return String.format(Locale.ROOT, "%d pairs, %,d messages each", plan.pairs(), messages);
    }

    @Override
    public RunResult run(Target target, int run, Progress progress) {
        try (var crew = new Crew(target.messengers().get(), plan.pairs(), 1, Flow.Until.ACCEPTED, plan.characters())) {
            progress.show("connecting");
            crew.connectAll();
            crew.writeDirectly();
            Crew.disconnect(crew.recipients());

            var storing = new Interval(target, crew::accepted);
            store(crew, storing, progress);
            storing.end();

            crew.latency().reset();
            var draining = new Interval(target, crew::delivered);
            CompletableFuture<?>[] back =
                    crew.recipients().stream().map(User::connect).toArray(CompletableFuture<?>[]::new);
            long all = (long) plan.pairs() * messages;
            long[] seen = {0, System.nanoTime()};
            boolean complete = Crew.awaitUntil(LONGEST, () -> {
                crew.checkUnbroken();
                draining.sample();
                long now = crew.delivered();
                if (now > seen[0]) {
                    seen[0] = now;
                    seen[1] = System.nanoTime();
                    progress.show(String.format(Locale.ROOT, "draining: %,d of %,d", now, all));
                }
                return crew.isComplete() || System.nanoTime() - seen[1] > Crew.PATIENCE.toNanos();
            });
            draining.end();
            Crew.await("coming back", CompletableFuture.allOf(back));
            if (!complete) {
                throw new CannotMeasureException("what was stored did not come within " + LONGEST);
            }

            // Both halves together: what a message costs that is stored now and given later.
            EnumMap<Measure, Double> figures = draining.commonFigures();
            addCosts(figures, storing);
            figures.put(Measure.STORED, storing.rate());
            figures.put(Measure.DRAINED, draining.rate());
            var perSecond = new ArrayList<>(storing.perSecond());
            perSecond.addAll(draining.perSecond());
            var cpu = new EnumMap<>(draining.cpu());
            storing.cpu().forEach((who, seconds) -> cpu.merge(who, seconds, Double::sum));
            return new RunResult(
                    name(),
                    what(),
                    target.name(),
                    run,
                    figures,
                    null,
                    List.copyOf(perSecond),
                    storing.batchSizes(),
                    cpu,
                    crew.verdict());
        }
    }

    private static void addCosts(EnumMap<Measure, Double> figures, Interval storing) {
        EnumMap<Measure, Double> more = storing.commonFigures();
        for (Measure measure :
                List.of(Measure.CPU_SERVER, Measure.CPU_DATABASE, Measure.CPU_GENERATOR, Measure.CPU_MEASURED)) {
            Double value = more.get(measure);
            if (value != null) {
                figures.merge(measure, value, Double::sum);
            }
        }
        Double batch = more.get(Measure.BATCH);
        if (batch != null) {
            figures.put(Measure.BATCH, batch);
        }
    }

    private void store(Crew crew, Interval interval, Progress progress) {
        long all = (long) plan.pairs() * messages;
        crew.start(WINDOW, messages);
        // Where nobody tells when these are stored, each part ends with a question, and the next one begins with its
        // answer.
        long[] asked = new long[crew.flows().size()];
        boolean stored = Crew.awaitUntil(LONGEST, () -> {
            crew.checkUnbroken();
            interval.sample();
            progress.show(String.format(Locale.ROOT, "storing: %,d of %,d", crew.accepted(), all));
            if (!crew.messenger().tellsAccepted()) {
                crew.askAccepted(asked);
            }
            return crew.accepted() >= all;
        });
        if (!stored) {
            throw new CannotMeasureException("storing did not end within " + LONGEST);
        }
    }
}
