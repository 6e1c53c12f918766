package zap.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.HdrHistogram.ConcurrentHistogram;
import zap.bench.load.CannotMeasureException;
import zap.bench.load.Progress;
import zap.bench.machine.CpuMeter;
import zap.bench.machine.CpuMeter.Who;
import zap.bench.machine.Processes;
import zap.bench.report.Surroundings;
import zap.bench.traffic.FrameListener;
import zap.bench.traffic.MessageText;
import zap.bench.traffic.User;
import zap.bench.wire.ZapMessenger;
import zap.bench.wire.ZapMessenger.Sessions;
import zap.protocol.Body;

/**
 * The return of a node's clients to another node after the node was killed. The clients do as {@code zap shell} does:
 * they dial the same address at once, and when that fails they wait for a random time and dial the other one.
 */
final class NodeLoss implements FrameListener, AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** Number of clients that connect at once at the beginning. */
    private static final int AT_ONCE = 100;

    /** The pause after an address has failed for the second time: half of it to all of it, as in the client. */
    private static final long FIRST_PAUSE_MILLIS = 500;

    private static final long LONGEST_PAUSE_MILLIS = 30_000;
    private static final int DIGITS = 3;
    private static final int RUN = 1;
    private static final long NANOS = 1_000_000_000;

    static final String HELP = """
            ./zap bench return [--clients 5000] [--spread 5] [--session base|assured]

            Starts two servers of this checkout on one PostgreSQL, connects all clients to the second one, and kills it with
            kill -9. The clients dial it again at once, and the other one after a random time of up to --spread seconds.
            Tells when they were back, at what rate, how long a new session took to begin, and what it cost; at the end
            each gets a message.
            """;

    private final int clients;
    private final double spread;
    private final Progress progress;
    private final RandomGenerator random = RandomGenerator.getDefault();
    private final StartedServer first;
    private final StartedServer second;
    private final ZapMessenger messenger;
    private final List<User> users;

    /** 1 for each client that goes to the first node now. */
    private final AtomicIntegerArray moved;

    /** The time in nanoseconds from the kill to each client's new session; 0 while it has none. */
    private final AtomicLongArray back;

    private final AtomicInteger returned = new AtomicInteger();
    private final AtomicInteger failedAttempts = new AtomicInteger();
    private final AtomicInteger messages = new AtomicInteger();
    private final ConcurrentHistogram took = new ConcurrentHistogram(DIGITS);
    private volatile long killed;

    private NodeLoss(CommandLine words, Progress progress, StartedServer first, StartedServer second) {
        this.progress = progress;
        this.first = first;
        this.second = second;
        clients = words.number("clients", 5_000, 1);
        spread = words.seconds("spread", 5);
        moved = new AtomicIntegerArray(clients);
        back = new AtomicLongArray(clients);
        InetSocketAddress old = second.address();
        InetSocketAddress other = first.address();
        messenger = new ZapMessenger((client, _) -> moved.get(client) == 1 ? other : old, sessions(words), 1);
        users = IntStream.range(0, clients)
                .mapToObj(client -> messenger.newUser(client, 0, this))
                .toList();
    }

    private static CommandLine words(List<String> args) {
        var words = new CommandLine(args, Set.of("clients", "spread", "session"), Set.of());
        if (!words.plain().isEmpty()) {
            throw new Usage(HELP);
        }
        return words;
    }

    private static Sessions sessions(CommandLine words) {
        return Targets.sessions(words.value("session").orElse("assured")).getFirst();
    }

    /** Starts two nodes of this checkout, and measures. */
    static int run(List<String> args, Progress progress) throws IOException, InterruptedException {
        CommandLine words = words(args);
        Path checkout = Targets.checkout();
        progress.about("return");
        progress.show("starting two nodes");
        try (StartedServer first = StartedServer.start(checkout, "node-1");
                StartedServer second = first.startNode(StartedServer.commandOf(checkout), "node-2");
                var loss = new NodeLoss(words, progress, first, second)) {
            return loss.measure();
        }
    }

    /** Measures nodes that run on one database. The second one is killed. */
    static int run(List<String> args, StartedServer first, StartedServer second) throws InterruptedException {
        try (var loss = new NodeLoss(words(args), new Progress(null), first, second)) {
            return loss.measure();
        }
    }

    private int measure() throws InterruptedException {
        progress.show("connecting");
        connectAll();
        var cpu = new CpuMeter(OptionalLong.of(first.pid()), Processes.postgresOf(first.pid()));
        progress.show("a node is killed");
        Map<Who, Double> before = cpu.seconds();
        killed = System.nanoTime();
        second.kill();
        boolean allBack = await(() -> returned.get() == clients);
        Map<Who, Double> used = CpuMeter.between(before, cpu.seconds());
        boolean allHeard = allBack && everybodyGetsAMessage();
        progress.clear();
        report(used);
        return allHeard ? Bench.OK : Bench.NOT_CLEAN;
    }

    private void connectAll() throws InterruptedException {
        var atOnce = new Semaphore(AT_ONCE);
        for (User user : users) {
            atOnce.acquire();
            var _ = user.connect().whenComplete((_, failure) -> {
                if (failure != null) {
                    failedAttempts.incrementAndGet();
                }
                atOnce.release();
            });
        }
        atOnce.acquire(AT_ONCE);
        if (failedAttempts.get() > 0) {
            throw new CannotMeasureException(failedAttempts + " clients could not connect.");
        }
    }

    /** A connection is lost: it is dialled again at once. */
    @Override
    public void failed(User user, String why) {
        var _ = user.connect().whenComplete((_, failure) -> {
            if (failure == null) {
                isBack(user);
            } else {
                moved.set(user.flow(), 1);
                dialAfter(random.nextLong(1 + Math.round(spread * 1_000)), user, 0);
            }
        });
    }

    private void dialAfter(long millis, User user, int attempt) {
        Executor later = CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS);
        later.execute(() -> {
            long dialled = System.nanoTime();
            var _ = user.connect().whenComplete((_, failure) -> {
                if (failure == null) {
                    took.recordValue(System.nanoTime() - dialled);
                    isBack(user);
                } else {
                    failedAttempts.incrementAndGet();
                    long pause = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(attempt, DIGITS * 2));
                    dialAfter(pause / 2 + random.nextLong(pause / 2 + 1), user, attempt + 1);
                }
            });
        });
    }

    private void isBack(User user) {
        back.set(user.flow(), System.nanoTime() - killed);
        returned.incrementAndGet();
    }

    private boolean everybodyGetsAMessage() throws InterruptedException {
        for (int client = 0; client < clients; client++) {
            User recipient = users.get((client + 1) % clients);
            users.get(client)
                    .letterTo(recipient.address(), new MessageText(RUN, client, Body.MAX_CODE_POINTS))
                    .send(1, System.nanoTime());
        }
        return await(() -> messages.get() == clients);
    }

    @Override
    public void received(User user, byte[] bytes, int from, int length) {
        messages.incrementAndGet();
    }

    @Override
    public void accepted(User user, long count) {}

    private boolean await(BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > until) {
                return false;
            }
            progress.show(returned + " are back");
            // Between two looks the processors belong to the servers.
            Thread.sleep(10);
        }
        return true;
    }

    private void report(Map<Who, Double> used) {
        long[] times = LongStream.range(0, clients)
                .map(client -> back.get((int) client))
                .filter(nanos -> nanos > 0)
                .sorted()
                .toArray();
        if (times.length == 0) {
            Bench.print("None of " + clients + " clients came back.\n");
            return;
        }
        Bench.print(String.format(
                Locale.ROOT,
                """
                clients                            %,d, spread over %.1f s
                back                               %,d; half after %.2f s, 99 %% after %.2f s, all after %.2f s
                most in one second                 %,d
                attempts at the other that failed  %,d
                a new session, from the dialling   p50 %.1f ms, p99 %.1f ms, longest %.1f ms
                CPU s meanwhile                    node %.2f, database %.2f, clients %.2f
                got a message afterwards           %,d
                %s
                """,
                clients,
                spread,
                times.length,
                seconds(times[times.length / 2]),
                seconds(times[(int) (times.length * 0.99)]),
                seconds(times[times.length - 1]),
                mostInASecond(times),
                failedAttempts.get(),
                took.getValueAtPercentile(50) / 1e6,
                took.getValueAtPercentile(99) / 1e6,
                took.getMaxValue() / 1e6,
                used.getOrDefault(Who.SERVER, 0.0),
                used.getOrDefault(Who.DATABASE, 0.0),
                used.getOrDefault(Who.GENERATOR, 0.0),
                messages.get(),
                Surroundings.of("./zap bench return")));
    }

    private static double seconds(long nanos) {
        return nanos / (double) NANOS;
    }

    /** Returns how many came back within the busiest second. */
    private static int mostInASecond(long[] times) {
        int most = 0;
        int from = 0;
        for (int to = 0; to < times.length; to++) {
            while (times[to] - times[from] > NANOS) {
                from++;
            }
            most = Math.max(most, to - from + 1);
        }
        return most;
    }

    @Override
    public void close() {
        messenger.close();
    }
}
