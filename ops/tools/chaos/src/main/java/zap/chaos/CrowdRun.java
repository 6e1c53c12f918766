package zap.chaos;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import zap.protocol.Address;
import zap.protocol.ClientId;

/**
 * Nodes that die one after the other while a crowd of clients writes through them at a steady rate: each to all others,
 * and to groups. The next fault waits until two nodes are ready and all clients have a session again.
 */
final class CrowdRun {

    /** The faults that it knows. */
    static final Set<Fault> POSSIBLE = EnumSet.of(
            Fault.NODE_KILLED,
            Fault.NODE_STOPPED,
            Fault.NODE_PAUSED,
            Fault.NODE_WITHOUT_DATABASE,
            Fault.NODE_WITHOUT_LINKS,
            Fault.NODE_LINKS_STALLED,
            Fault.NODE_LINKS_SWALLOW,
            Fault.DATABASE_KILLED,
            Fault.DATABASE_FAILED_OVER,
            Fault.DATABASE_HUNG);

    private static final int ENOUGH_NODES = 2;
    private static final int MEMBERS = 8;
    private static final int PERCENT_TO_GROUPS = 10;
    private static final long SEE_EVERY_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(120);
    private static final int LONGEST_CALM_MILLIS = 1_500;
    private static final int LONGEST_OUTAGE_MILLIS = 4_000;
    private static final int OLD_PRIMARY_MILLIS = 1_000;
    private static final int LONGEST_MILLIS = 120_000;
    private static final int SAMPLES = 20;

    private final NodesUnderTest nodes;
    private final Path folder;
    private final int rate;
    private final Random random;
    private final PrintStream out;
    private final CrowdJudge judge = new CrowdJudge();
    private final List<LightClient> clients = new ArrayList<>();
    private final List<Address> groups = new ArrayList<>();
    private final List<List<LightClient>> groupMembers = new ArrayList<>();
    private final AtomicIntegerArray latencies = new AtomicIntegerArray(LONGEST_MILLIS);
    private final Map<Fault, Integer> broken = new EnumMap<>(Fault.class);
    private final List<Long> away = Collections.synchronizedList(new ArrayList<>());
    private volatile boolean sending = true;
    private long seconds;

    /**
     * @param folder with the logs of nodes and databases
     * @param rate messages a second, of all clients together
     */
    CrowdRun(NodesUnderTest nodes, Path folder, int rate, long seed, PrintStream out) {
        this.nodes = nodes;
        this.folder = folder;
        this.rate = rate;
        this.random = new Random(seed);
        this.out = out;
    }

    /**
     * Does it all, and returns whether every promise was kept.
     *
     * @param time how long there are faults
     */
    boolean go(int assured, int base, int groupCount, Set<Fault> faults, Duration time) throws IOException {
        nodes.begin();
        nodes.awaitReady();
        begin(assured, base, groupCount);
        Thread pace = Thread.ofPlatform().name("pace").daemon().start(this::write);
        long begin = System.nanoTime();
        List<Fault> kinds = List.copyOf(faults);
        while (System.nanoTime() - begin < time.toNanos()) {
            World.pause(random.nextInt(LONGEST_CALM_MILLIS)); // some moment
            if (!kinds.isEmpty()) {
                Fault fault = kinds.get(random.nextInt(kinds.size()));
                broken.merge(fault, 1, Integer::sum);
                breakIt(fault);
                nodes.heal();
                awaitEnoughNodes();
                await("all clients have a session", () -> clients.stream().allMatch(LightClient::isInSession));
            }
        }
        nodes.awaitReady();
        sending = false;
        join(pace);
        seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
        clients.forEach(LightClient::see);
        await("all is where it belongs", this::isAtRest);
        judge.close();
        clients.forEach(LightClient::close);
        return judge.faults().isEmpty();
    }

    private boolean isAtRest() {
        if (judge.missing() == 0) {
            clients.forEach(LightClient::see);
        }
        return judge.isComplete();
    }

    private void begin(int assured, int base, int groupCount) throws IOException {
        for (int i = 0; i < assured + base; i++) {
            boolean isAssured = i < assured;
            clients.add(new LightClient(
                    (isAssured ? "assured " : "base ") + i, nodes.ports(), isAssured, judge, this::took));
        }
        clients.forEach(LightClient::begin);
        await(
                "all are registered",
                () -> clients.stream().allMatch(client -> client.isRegistered() && client.isInSession()));
        for (int i = 0; i < Math.min(groupCount, assured); i++) {
            LightClient creator = clients.get(i);
            var members = new ArrayList<>(clients);
            members.remove(creator);
            Collections.shuffle(members, random);
            List<LightClient> others = List.copyOf(members.subList(0, Math.min(MEMBERS - 1, members.size())));
            Address before = creator.group();
            creator.makeGroup(others.stream().map(LightClient::id).toList());
            await("the group", () -> !Objects.equals(creator.group(), before));
            groups.add(Objects.requireNonNull(creator.group()));
            groupMembers.add(Stream.concat(Stream.of(creator), others.stream()).toList());
        }
    }

    private void took(long nanos) {
        int millis = Math.clamp(TimeUnit.NANOSECONDS.toMillis(nanos), 0, LONGEST_MILLIS - 1);
        latencies.incrementAndGet(millis);
    }

    /** Writes at a steady rate. Messages that were due while this thread did not run are written at once. */
    private void write() {
        var choice = new Random(random.nextLong());
        long begin = System.nanoTime();
        long written = 0;
        long nextSee = begin;
        int whoSees = 0;
        while (sending) {
            long due = (long) ((System.nanoTime() - begin) / 1e9 * rate);
            for (; written < due; written++) {
                writeOne(choice);
            }
            while (System.nanoTime() >= nextSee) {
                clients.get(whoSees++ % clients.size()).see();
                nextSee += SEE_EVERY_NANOS / clients.size();
            }
            try {
                Thread.sleep(2); // until some are due
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void writeOne(Random choice) {
        if (!groups.isEmpty() && choice.nextInt(100) < PERCENT_TO_GROUPS) {
            int group = choice.nextInt(groups.size());
            List<LightClient> members = groupMembers.get(group);
            LightClient from = members.get(choice.nextInt(members.size()));
            List<ClientId> others = members.stream()
                    .filter(member -> !member.equals(from))
                    .map(LightClient::id)
                    .toList();
            from.send(groups.get(group), others);
        } else {
            LightClient from = clients.get(choice.nextInt(clients.size()));
            LightClient to = clients.get(choice.nextInt(clients.size()));
            from.send(to.id().asAddress(), List.of(to.id()));
        }
    }

    private void breakIt(Fault fault) throws IOException {
        List<Integer> ready = readyNodes();
        int place = ready.get(random.nextInt(ready.size()));
        ServerJvm node = nodes.node(place);
        long begin = System.nanoTime();
        switch (fault) {
            case NODE_KILLED -> {
                node.kill();
                await("they are elsewhere", () -> clients.stream().allMatch(LightClient::isInSession));
                away.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
                World.pause(random.nextInt(LONGEST_CALM_MILLIS)); // it is missed for some time
                node.launch();
            }
            case NODE_STOPPED -> {
                node.stop();
                node.launch();
            }
            case NODE_PAUSED -> {
                node.pause();
                outage();
                node.resume();
            }
            case NODE_WITHOUT_DATABASE -> outage(mode -> nodes.toDatabase(place, mode), FaultyLink.Mode.DOWN);
            case NODE_WITHOUT_LINKS -> outage(mode -> nodes.fromNodes(place, mode), FaultyLink.Mode.DOWN);
            case NODE_LINKS_STALLED -> outage(mode -> nodes.fromNodes(place, mode), FaultyLink.Mode.STALL);
            case NODE_LINKS_SWALLOW -> outage(mode -> nodes.fromNodes(place, mode), FaultyLink.Mode.SWALLOW);
            case DATABASE_KILLED -> nodes.database().killPrimary();
            case DATABASE_FAILED_OVER -> {
                nodes.database().failOver();
                awaitProgress();
                outage();
            }
            case DATABASE_HUNG -> {
                nodes.database().failOverFromAHangingOne();
                awaitProgress();
                outage();
                nodes.thawDatabase();
                World.pause(OLD_PRIMARY_MILLIS); // so long there are two that take themselves for the primary
            }
            default -> throw new IllegalArgumentException(fault + " is no fault of a crowd's run");
        }
    }

    /** Waits until one more node may fail. Those that were killed start meanwhile. */
    private void awaitEnoughNodes() throws IOException {
        for (int i = 0; i < nodes.count(); i++) {
            if (!nodes.node(i).isAlive()) {
                nodes.node(i).launch();
            }
        }
        await("two nodes take connections", () -> readyNodes().size() >= ENOUGH_NODES);
    }

    private List<Integer> readyNodes() {
        return IntStream.range(0, nodes.count())
                .filter(place -> nodes.node(place).accepts())
                .boxed()
                .toList();
    }

    private void outage(Consumer<FaultyLink.Mode> way, FaultyLink.Mode mode) throws IOException {
        way.accept(mode);
        outage();
    }

    private void outage() throws IOException {
        World.pause(random.nextInt(LONGEST_OUTAGE_MILLIS)); // so long it lasts
    }

    private void awaitProgress() throws IOException {
        long before = judge.counts().arrived();
        await("messages arrive", () -> judge.counts().arrived() > before + rate);
    }

    private void await(String what, BooleanSupplier done) throws IOException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!done.getAsBoolean()) {
            if (System.nanoTime() > end) {
                String late = clients.stream()
                        .filter(client -> !client.isInSession())
                        .map(LightClient::toString)
                        .toList()
                        .toString();
                judge.fault("Not within two minutes: " + what + "; without a session: " + late + ", missing "
                        + judge.missing() + ", owed " + judge.owed());
                return;
            }
            World.pause(20); // between two looks
        }
    }

    private static void join(Thread thread) throws IOException {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** All of it, as Markdown. */
    void report(String command) throws IOException {
        CrowdJudge.Counts counts = judge.counts();
        out.printf(
                Locale.ROOT,
                """
                | s | messages | arrived | lost | doubled | out of order | told falsely | never stored (base) | given again (base) | delivery receipts | read receipts |
                |---|---|---|---|---|---|---|---|---|---|---|
                | %,d | %,d | %,d | %,d | %,d | %,d | %,d | %,d | %,d | %,d | %,d |
                %n""",
                seconds,
                counts.sent(),
                counts.arrived(),
                counts.lost(),
                counts.doubled(),
                counts.disordered(),
                counts.falselyTold(),
                counts.unstored(),
                counts.again(),
                counts.delivered(),
                counts.read());
        out.println("Broken: " + broken);
        Collections.sort(away);
        if (!away.isEmpty()) {
            out.printf(
                    "All clients had a session again after a kill: median %s ms, longest %s ms%n",
                    away.get(away.size() / 2), away.getLast());
        }
        out.printf(
                "From writing to reading: p50 %s ms, p99 %s ms, p99.9 %s ms%n",
                percentile(0.5), percentile(0.99), percentile(0.999));
        look();
        judge.faults().forEach(fault -> out.println("FAULT " + fault));
        out.println("The same again: " + command);
    }

    private int percentile(double part) {
        long all = 0;
        for (int i = 0; i < LONGEST_MILLIS; i++) {
            all += latencies.get(i);
        }
        long below = 0;
        for (int i = 0; i < LONGEST_MILLIS; i++) {
            below += latencies.get(i);
            if (below >= all * part) {
                return i;
            }
        }
        return LONGEST_MILLIS;
    }

    /** Counts what the logs of nodes and databases say that they should not. */
    private void look() throws IOException {
        int exceptions = 0;
        int deadlocks = 0;
        int waits = 0;
        var samples = new ArrayList<String>();
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path log : all.filter(path -> path.toString().endsWith(".log")).toList()) {
                for (String line : Files.readAllLines(log)) {
                    boolean exception = line.startsWith("\tat ") || line.contains(" ERROR ");
                    boolean deadlock = line.contains("deadlock detected");
                    boolean wait = line.contains("still waiting for");
                    exceptions += exception ? 1 : 0;
                    deadlocks += deadlock ? 1 : 0;
                    waits += wait ? 1 : 0;
                    if ((exception || deadlock || wait) && samples.size() < SAMPLES) {
                        samples.add(log.getFileName() + ": " + line);
                    }
                }
            }
        }
        out.printf(
                "Logs: %s lines of errors, %s deadlocks, %s waits for a lock of a second%n",
                exceptions, deadlocks, waits);
        samples.forEach(line -> out.println("  " + line));
    }
}
