package zap.bench.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import zap.bench.report.Measure;
import zap.bench.report.RunResult;
import zap.bench.traffic.Flow;
import zap.bench.traffic.Messenger;
import zap.bench.traffic.User;
import zap.bench.traffic.Verdict;

/**
 * Everybody's connection breaks at the same moment, and everybody comes back at once.
 *
 * <p>Somebody is back when a message has arrived that was stored meanwhile. Where the protocol promises that nothing is
 * lost or doubled whatever is cut, messages are under way in both directions while it happens, and somebody is back
 * when the session goes on.
 */
public final class Storm implements Mode {

    private static final int WINDOW = 4;

    private final LoadPlan plan;
    private final int connections;

    public Storm(LoadPlan plan, int connections) {
        this.plan = plan;
        this.connections = connections;
    }

    @Override
    public String name() {
        return "storm";
    }

    @Override
    public String what() {
        return String.format(Locale.ROOT, "%,d connections cut", connections);
    }

    @Override
    public boolean suitsRelay() {
        return false;
    }

    @Override
    public RunResult run(Target target, int run, Progress progress) {
        Messenger messenger = target.messengers().get();
        Flow.Until until = messenger.isExactlyOnce() ? Flow.Until.DELIVERED : Flow.Until.ACCEPTED;
        try (var crew = new Crew(messenger, Math.max(1, connections / 2), 1, until, plan.characters())) {
            progress.show("connecting");
            crew.connectAll();
            crew.writeDirectly();
            return messenger.isExactlyOnce()
                    ? underLoad(target, run, crew, progress)
                    : whileQuiet(target, run, crew, progress);
        }
    }

    private RunResult underLoad(Target target, int run, Crew crew, Progress progress) {
        crew.start(WINDOW, Long.MAX_VALUE);
        Throughput.watch("before", new Interval(target, crew::delivered), plan.warmup(), progress);
        List<User> all = new ArrayList<>(crew.senders());
        all.addAll(crew.recipients());
        var interval = new Interval(target, crew::delivered);
        all.forEach(User::cut);
        connectAtOnce(all, progress);
        interval.end();
        var after = new Interval(target, crew::delivered);
        Throughput.watch("after", after, plan.seconds(), progress);
        after.end();
        crew.stop();
        progress.show("waiting for the last ones");
        crew.awaitQuiet(plan.patience());
        return result(target, run, interval, after.perSecond(), all.size(), crew.verdict());
    }

    private RunResult whileQuiet(Target target, int run, Crew crew, Progress progress) {
        List<User> all = crew.recipients();
        all.forEach(User::cut);
        Crew.disconnect(all);
        crew.start(1, 1);
        long[] asked = new long[crew.flows().size()];
        boolean stored = Crew.awaitUntil(Crew.PATIENCE, () -> {
            crew.checkUnbroken();
            if (!crew.messenger().tellsAccepted()) {
                crew.askAccepted(asked);
            }
            return crew.accepted() >= all.size();
        });
        if (!stored) {
            throw new CannotMeasureException("what was sent to those who are away was not stored");
        }
        var interval = new Interval(target, crew::delivered);
        connectAtOnce(all, progress);
        crew.awaitQuiet(plan.patience());
        interval.end();
        return result(target, run, interval, List.of(), all.size(), crew.verdict());
    }

    private static void connectAtOnce(List<User> users, Progress progress) {
        progress.show("all come back");
        Crew.await(
                "coming back",
                CompletableFuture.allOf(users.stream().map(User::connect).toArray(CompletableFuture<?>[]::new)));
    }

    private RunResult result(
            Target target, int run, Interval interval, List<Double> perSecond, int users, Verdict verdict) {
        var figures = interval.commonFigures();
        // For a thousand messages it says nothing here: these came back, they did not write.
        for (Measure cost :
                List.of(Measure.CPU_SERVER, Measure.CPU_DATABASE, Measure.CPU_GENERATOR, Measure.CPU_MEASURED)) {
            figures.remove(cost);
        }
        figures.put(Measure.ALL_BACK, interval.seconds());
        figures.put(Measure.RECONNECTED, users / interval.seconds());
        return new RunResult(
                name(),
                what(),
                target.name(),
                run,
                figures,
                null,
                perSecond,
                interval.batchSizes(),
                interval.cpu(),
                verdict);
    }
}
