package zap.bench.load;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.HdrHistogram.Recorder;
import org.jspecify.annotations.Nullable;
import zap.bench.traffic.Flow;
import zap.bench.traffic.FrameListener;
import zap.bench.traffic.MessageText;
import zap.bench.traffic.Messenger;
import zap.bench.traffic.User;
import zap.bench.traffic.Verdict;

/** The users of one run, by flows: a sender and those it writes to. */
final class Crew implements FrameListener, AutoCloseable {

    /** Limit of what is usually immediate: much more than a server needs on a busy machine. */
    static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final int DIGITS = 3;
    private static final int AT_ONCE = 100;
    private static final int RUNS = 100_000_000;
    private static final AtomicInteger NEXT_RUN = new AtomicInteger((int) (System.currentTimeMillis() / 10 % RUNS));

    private final Messenger messenger;
    private final Recorder latency = new Recorder(DIGITS);
    private final List<Flow> flows = new ArrayList<>();
    private final List<User> senders = new ArrayList<>();
    private final List<List<User>> recipients = new ArrayList<>();
    private final AtomicLong failures = new AtomicLong();
    private final AtomicLong strayed = new AtomicLong();
    private final AtomicReference<@Nullable String> firstFailure = new AtomicReference<>();
    private volatile @Nullable Arrivals arrivals;

    /** The listener for the arrivals of all flows. */
    @FunctionalInterface
    interface Arrivals {

        /**
         * Hears that a message has arrived for the first time.
         *
         * @param recipient the one who got it
         * @param since the time from which its latency counts
         * @param now the time of the arrival
         */
        void arrived(User recipient, long since, long now);
    }

    /**
     * @param flows how many senders
     * @param perFlow how many recipients each of them has
     * @param until what makes room in a flow's window
     * @param characters how long messages are
     */
    Crew(Messenger messenger, int flows, int perFlow, Flow.Until until, int characters) {
        this.messenger = messenger;
        int run = Math.floorMod(NEXT_RUN.getAndIncrement(), RUNS);
        for (int i = 0; i < flows; i++) {
            int flow = i;
            this.flows.add(new Flow(
                    new MessageText(run, i, characters),
                    perFlow,
                    until,
                    latency,
                    (seat, since, now) -> arrived(flow, seat, since, now)));
            senders.add(messenger.newUser(i, User.SENDER, this));
            var seats = new ArrayList<User>();
            for (int seat = 0; seat < perFlow; seat++) {
                seats.add(messenger.newUser(i, seat, this));
            }
            recipients.add(seats);
        }
    }

    private void arrived(int flow, int seat, long since, long now) {
        @Nullable Arrivals listener = arrivals;
        if (listener != null) {
            listener.arrived(recipients.get(flow).get(seat), since, now);
        }
    }

    /** Sets the listener for arrivals from now on. */
    void whenArrived(Arrivals listener) {
        arrivals = listener;
    }

    /** Connects everyone, the first time. */
    void connectAll() {
        var all = new ArrayList<User>(senders);
        recipients.forEach(all::addAll);
        connect(all);
    }

    /** Connects these, not too many at once. */
    static void connect(List<User> users) {
        each("connect", users, User::connect);
    }

    /** Does this for each of them, not for too many at once. */
    private static void each(String what, List<User> users, Function<User, CompletableFuture<Void>> action) {
        var atOnce = new Semaphore(AT_ONCE);
        var failure = new AtomicReference<@Nullable Throwable>();
        for (User user : users) {
            atOnce.acquireUninterruptibly();
            var _ = action.apply(user)
                    .orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                    .whenComplete((_, thrown) -> {
                        if (thrown != null) {
                            failure.compareAndSet(null, thrown);
                        }
                        atOnce.release();
                    });
        }
        atOnce.acquireUninterruptibly(AT_ONCE);
        Throwable thrown = failure.get();
        if (thrown != null) {
            throw new CannotMeasureException("A user could not " + what + ": " + thrown.getMessage(), thrown);
        }
    }

    /** Hangs up for these. */
    static void disconnect(List<User> users) {
        await(
                "hanging up",
                CompletableFuture.allOf(users.stream().map(User::disconnect).toArray(CompletableFuture<?>[]::new)));
    }

    /** Lets each sender write to its one recipient. */
    void writeDirectly() {
        for (int i = 0; i < flows.size(); i++) {
            write(i, recipients.get(i).getFirst().address());
        }
    }

    /** Makes a group of each flow, and lets the sender write to it. */
    void writeToGroups() {
        for (int i = 0; i < flows.size(); i++) {
            write(i, await("making a group", messenger.newGroup(senders.get(i), recipients.get(i))));
        }
    }

    private void write(int flow, String address) {
        flows.get(flow)
                .sendsWith(senders.get(flow).letterTo(address, flows.get(flow).text()));
    }

    static <T> T await(String what, CompletableFuture<T> future) {
        try {
            return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new CannotMeasureException(what + " did not work: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CannotMeasureException("interrupted while " + what, e);
        }
    }

    /** Waits until this is so, and says whether it became so. */
    static boolean awaitUntil(Duration most, BooleanSupplier happened) {
        long until = System.nanoTime() + most.toNanos();
        while (!happened.getAsBoolean()) {
            if (System.nanoTime() > until) {
                return false;
            }
            pause(1);
        }
        return true;
    }

    static void pause(long millis) {
        try {
            // Nobody tells when; between two looks the processors belong to the server.
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CannotMeasureException("interrupted", e);
        }
    }

    /** Every flow sends as many as its window allows, up to this many in all. */
    void start(int window, long last) {
        for (Flow flow : flows) {
            flow.start(window, last);
        }
    }

    /**
     * Lets each sender ask whether what it has sent is stored, unless it has asked that already.
     *
     * @param asked for each flow, how many it had sent when it asked last
     */
    void askAccepted(long[] asked) {
        for (int i = 0; i < asked.length; i++) {
            long sent = flows.get(i).sent();
            if (sent > asked[i]) {
                asked[i] = sent;
                senders.get(i).askAccepted();
            }
        }
    }

    void stop() {
        flows.forEach(Flow::stop);
    }

    /** Waits until everything has arrived, or nothing has for so long. */
    void awaitQuiet(Duration patience) {
        long[] delivered = {delivered()};
        while (!isComplete()) {
            boolean moved = awaitUntil(patience, () -> isComplete() || delivered() > delivered[0]);
            if (!moved) {
                return;
            }
            delivered[0] = delivered();
        }
    }

    boolean isComplete() {
        return flows.stream().allMatch(Flow::isComplete);
    }

    Flow flow(int number) {
        return flows.get(number);
    }

    List<Flow> flows() {
        return flows;
    }

    List<User> senders() {
        return senders;
    }

    /** All recipients of all flows. */
    List<User> recipients() {
        return recipients.stream().flatMap(List::stream).toList();
    }

    Messenger messenger() {
        return messenger;
    }

    Recorder latency() {
        return latency;
    }

    long sent() {
        return flows.stream().mapToLong(Flow::sent).sum();
    }

    long accepted() {
        return flows.stream().mapToLong(Flow::accepted).sum();
    }

    long delivered() {
        return flows.stream().mapToLong(Flow::delivered).sum();
    }

    Verdict verdict() {
        Verdict all = flows.stream().map(Flow::verdict).reduce(Verdict.NOTHING, Verdict::plus);
        String first = firstFailure.get();
        return all.plus(new Verdict(0, 0, 0, 0, 0, 0, strayed.get()))
                .withFailures(failures.get(), first == null ? "" : first);
    }

    /** Ends the run when something went wrong without which it would wait in vain. */
    void checkUnbroken() {
        String first = firstFailure.get();
        if (first != null) {
            throw new CannotMeasureException("A connection failed: " + first);
        }
    }

    @Override
    public void received(User user, byte[] bytes, int from, int length) {
        if (!MessageText.isOurs(bytes, from, length) || MessageText.flow(bytes, from) != user.flow()) {
            strayed.incrementAndGet();
            return;
        }
        flows.get(user.flow()).received(user.seat(), bytes, from, length, System.nanoTime());
    }

    @Override
    public void accepted(User user, long messages) {
        if (user.seat() == User.SENDER) {
            flows.get(user.flow()).accepted(messages);
        }
    }

    @Override
    public void failed(User user, String why) {
        failures.incrementAndGet();
        firstFailure.compareAndSet(null, why);
    }

    @Override
    public void close() {
        var all = new ArrayList<User>(senders);
        recipients.forEach(all::addAll);
        try {
            each("say goodbye", all, User::leave);
        } finally {
            messenger.close();
        }
    }
}
