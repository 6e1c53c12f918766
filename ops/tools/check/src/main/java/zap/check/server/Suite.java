package zap.check.server;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import zap.check.report.CheckFailure;
import zap.check.report.CheckOutcome;
import zap.check.report.CheckOutcome.Result;
import zap.kit.Phrase;
import zap.kit.ServerTarget;

/**
 * Runs checks against a server: several side by side, those that may hurt the server one after the other at the end.
 *
 * <p>Each check and the whole have a bound, whatever the server does. After a failure the suite looks whether the
 * server still answers; when it does not, the rest is left out.
 */
public final class Suite {

    private final ServerTarget target;
    private final Dialect dialect;
    private final Stage.Pace pace;
    private final InstantSource clock;
    private final int sideBySide;
    private final long deadline;
    private final AtomicReference<@Nullable Phrase> dead = new AtomicReference<>();

    /**
     * @param sideBySide maximum number of checks at the same time
     * @param most maximum time of the whole: a check that has not begun by then is left out
     */
    public Suite(
            ServerTarget target, Dialect dialect, Stage.Pace pace, InstantSource clock, int sideBySide, Duration most) {
        this.target = target;
        this.dialect = dialect;
        this.pace = pace;
        this.clock = clock;
        this.sideBySide = sideBySide;
        this.deadline = System.nanoTime() + most.toNanos();
    }

    /**
     * Runs the checks.
     *
     * @param ended is told each outcome in the order of the checks, as soon as all before it are known
     */
    public List<CheckOutcome> run(List<ServerCheck> checks, Consumer<CheckOutcome> ended) throws InterruptedException {
        Map<String, CompletableFuture<CheckOutcome>> outcomes = new LinkedHashMap<>();
        checks.forEach(check -> outcomes.put(check.number(), new CompletableFuture<>()));
        var slots = new Semaphore(sideBySide, true);
        var threads = new ArrayList<Thread>();
        for (ServerCheck check : checks) {
            if (!check.alone()) {
                threads.add(Thread.ofVirtual().name("check " + check.number()).start(() -> {
                    try {
                        runWithin(slots, check, outcomes);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }));
            }
        }
        Thread last = Thread.ofVirtual().name("checks that run alone").start(() -> {
            try {
                for (Thread thread : threads) {
                    thread.join();
                }
                for (ServerCheck check : checks) {
                    if (check.alone()) {
                        runWithin(slots, check, outcomes);
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        var all = new ArrayList<CheckOutcome>();
        for (CompletableFuture<CheckOutcome> outcome : outcomes.values()) {
            CheckOutcome known = got(outcome);
            all.add(known);
            ended.accept(known);
        }
        last.join();
        return all;
    }

    private void runWithin(Semaphore slots, ServerCheck check, Map<String, CompletableFuture<CheckOutcome>> outcomes)
            throws InterruptedException {
        CheckOutcome outcome = CheckOutcome.leftOut(check, Phrase.of("left-out.broken"));
        try {
            @Nullable Phrase reason = missing(check, outcomes);
            if (reason != null) {
                outcome = CheckOutcome.leftOut(check, reason);
                return;
            }
            slots.acquire();
            try {
                outcome = runInTime(check);
            } finally {
                slots.release();
            }
        } finally {
            CompletableFuture<CheckOutcome> future = outcomes.get(check.number());
            if (future != null) {
                future.complete(outcome);
            }
        }
    }

    /** Returns the reason why a check says nothing, once the checks that it needs have ended; null when it may run. */
    private @Nullable Phrase missing(ServerCheck check, Map<String, CompletableFuture<CheckOutcome>> outcomes)
            throws InterruptedException {
        if (check.excluded() == ServerCheck.Excluded.SHORT_FRAMES && !dialect.fullWidth()) {
            return Phrase.of("left-out.dialect");
        }
        for (String need : check.needs()) {
            CompletableFuture<CheckOutcome> needed = outcomes.get(need);
            if (needed != null && got(needed).result() != Result.PASSED) {
                return Phrase.of("left-out.needs", need);
            }
        }
        return null;
    }

    private static CheckOutcome got(CompletableFuture<CheckOutcome> outcome) throws InterruptedException {
        try {
            return outcome.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private CheckOutcome runInTime(ServerCheck check) throws InterruptedException {
        @Nullable Phrase death = dead.get();
        if (death != null) {
            return CheckOutcome.leftOut(check, death);
        }
        if (System.nanoTime() > deadline) {
            return CheckOutcome.leftOut(check, Phrase.of("left-out.time"));
        }
        CheckOutcome outcome = play(check);
        if (outcome.isFailed() && !stillAnswers()) {
            dead.compareAndSet(null, Phrase.of("left-out.dead", check.number()));
        }
        return outcome;
    }

    /** Plays a check on a thread of its own, so that one that waits for ever can be left behind. */
    private CheckOutcome play(ServerCheck check) throws InterruptedException {
        long begin = System.nanoTime();
        long most = 3 * pace.patience().toMillis() + 4_000;
        try (var stage = new Stage(target, dialect, pace, clock)) {
            var end = new CompletableFuture<CheckOutcome>();
            Thread player = Thread.ofVirtual().name("plays " + check.number()).start(() -> {
                try {
                    check.story().play(stage);
                    end.complete(CheckOutcome.passed(check, millisSince(begin)));
                } catch (CheckFailure e) {
                    end.complete(CheckOutcome.failed(check, e, stage.trace(), millisSince(begin)));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } catch (RuntimeException e) {
                    end.completeExceptionally(e);
                }
            });
            try {
                return end.get(most, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                stage.abort();
                player.interrupt();
                var failure =
                        new CheckFailure(Phrase.of("expected.in-time", most / 1000), Phrase.of("actual.out-of-time"));
                return CheckOutcome.failed(check, failure, stage.trace(), millisSince(begin));
            } catch (ExecutionException e) {
                throw new IllegalStateException("check " + check.number(), e.getCause());
            }
        }
    }

    private static long millisSince(long begin) {
        return (System.nanoTime() - begin) / 1_000_000;
    }

    private boolean stillAnswers() throws InterruptedException {
        try (var stage = new Stage(target, dialect, pace, clock)) {
            stage.stranger("probe").register();
            return true;
        } catch (CheckFailure e) {
            return false;
        }
    }
}
