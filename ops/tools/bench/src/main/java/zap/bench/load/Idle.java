package zap.bench.load;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import zap.bench.machine.JavaHeap;
import zap.bench.machine.Processes;
import zap.bench.report.Measure;
import zap.bench.report.RunResult;
import zap.bench.traffic.Verdict;

/**
 * The memory that an idle connection costs the server: that of its process with many of them, less that before.
 *
 * <p>All of them are clients that have registered, and have sent or received a message; or half of them are, and the
 * other half have sent nothing, see {@link IdleSockets}.
 */
public final class Idle implements Mode {

    private static final double KILO = 1024;

    /** The first ones warm it up: classes, pools, and what is compiled by then. */
    private static final int WARM_UP = 500;

    private final LoadPlan plan;
    private final int connections;
    private final @Nullable InetSocketAddress address;
    private final @Nullable Path authority;

    /** All connections are clients of the target. */
    public Idle(LoadPlan plan, int connections) {
        this(plan, connections, null, null);
    }

    /**
     * Half of the connections send nothing.
     *
     * @param address the server's, which must be the only target
     * @param authority the CA file for encrypted connections; null for connections in the clear
     */
    public Idle(LoadPlan plan, int connections, @Nullable InetSocketAddress address, @Nullable Path authority) {
        this.plan = plan;
        this.connections = connections;
        this.address = address;
        this.authority = authority;
    }

    @Override
    public String name() {
        return "idle";
    }

    @Override
    public String what() {
        String kind = address == null ? "idle" : authority == null ? "half-silent" : "half-silent TLS";
        return String.format(Locale.ROOT, "%,d %s connections", connections, kind);
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
        if (address == null) {
            connected(target, Math.min(connections, WARM_UP)).close();
            Memory before = Memory.of(process);
            try (Crew crew = connected(target, connections)) {
                return result(target, run, progress, before, Memory.of(process), crew.verdict());
            }
        }
        IdleSockets.open(address, authority, Math.min(connections, WARM_UP)).close();
        Memory before = Memory.of(process);
        try (IdleSockets _ = IdleSockets.open(address, authority, connections)) {
            return result(target, run, progress, before, Memory.of(process), Verdict.NOTHING);
        }
    }

    private RunResult result(Target target, int run, Progress progress, Memory before, Memory with, Verdict verdict) {
        progress.show(String.format(Locale.ROOT, "%,d connections", connections));
        var figures = new EnumMap<Measure, Double>(Measure.class);
        put(figures, Measure.HEAP, before.heap(), with.heap());
        put(figures, Measure.RESIDENT, before.resident(), with.resident());
        return new RunResult(
                name(), what(), target.name(), run, figures, null, List.of(), new TreeMap<>(), Map.of(), verdict);
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
