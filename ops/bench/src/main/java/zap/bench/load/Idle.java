package zap.bench.load;

import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import zap.bench.machine.JavaHeap;
import zap.bench.machine.Processes;
import zap.bench.report.Measure;
import zap.bench.report.RunResult;

/**
 * What a connection costs the server that does nothing: its process's memory with so many of them, less what it had before.
 * All of them are clients that have registered, and have sent or received a message.
 */
public final class Idle implements Mode {

    private static final double KILO = 1024;

    /** The first ones warm it up: classes, pools, and what is compiled by then. */
    private static final int WARM_UP = 500;

    private final LoadPlan plan;
    private final int connections;

    public Idle(LoadPlan plan, int connections) {
        this.plan = plan;
        this.connections = connections;
    }

    @Override
    public String name() {
        return "idle";
    }

    @Override
    public String what() {
        return String.format(Locale.ROOT, "%,d idle connections", connections);
    }

    private record Memory(OptionalLong heap, OptionalLong resident) {

        static Memory of(long process) {
            // First the heap: asking for it collects the garbage, which would count as resident else.
            OptionalLong heap = JavaHeap.usedBytes(process);
            return new Memory(heap, Processes.residentBytes(process));
        }
    }

    @Override
    public RunResult run(Target target, int run, Progress progress) {
        long process = target.process()
                .orElseThrow(() -> new CannotMeasureException("The memory of " + target.name()
                        + " is not to be seen: its process is not on this machine, or not ours."));
        progress.show("warming up");
        connected(target, Math.min(connections, WARM_UP)).close();
        Memory before = Memory.of(process);
        try (Crew crew = connected(target, connections)) {
            progress.show(String.format(Locale.ROOT, "%,d connections", connections));
            Memory with = Memory.of(process);
            var figures = new EnumMap<Measure, Double>(Measure.class);
            put(figures, Measure.HEAP, before.heap(), with.heap());
            put(figures, Measure.RESIDENT, before.resident(), with.resident());
            return new RunResult(
                    name(),
                    what(),
                    target.name(),
                    run,
                    figures,
                    null,
                    List.of(),
                    new TreeMap<>(),
                    Map.of(),
                    crew.verdict());
        }
    }

    private Crew connected(Target target, int connections) {
        var crew =
                new Crew(target.messengers().get(), Math.max(1, connections / 2), 1, plan.until(), plan.characters());
        crew.connectAll();
        crew.writeDirectly();
        crew.start(1, 1);
        crew.awaitQuiet(plan.patience());
        return crew;
    }

    private void put(Map<Measure, Double> figures, Measure measure, OptionalLong before, OptionalLong with) {
        if (before.isPresent() && with.isPresent()) {
            figures.put(measure, (with.getAsLong() - before.getAsLong()) / KILO / connections);
        }
    }
}
