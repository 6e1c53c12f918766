package zap.server.mailbox;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import zap.protocol.Frame;

/** The writer's metrics. */
@Component
class WriterMeters {

    private final MeterRegistry registry;
    private final Counter messages;
    private final Counter entries;
    private final Counter confirmed;
    private final Counter failures;
    private final Counter losses;
    private final DistributionSummary batchSize;
    private final Timer commit;
    private final Timer locks;
    private final Map<Attempt.Form, Counter> batches = new EnumMap<>(Attempt.Form.class);
    private final Map<Attempt.Result, Counter> retries = new EnumMap<>(Attempt.Result.class);
    private final AtomicLong backlog = new AtomicLong();
    private final LongAdder movedHere = new LongAdder();

    WriterMeters(MeterRegistry registry) {
        this.registry = registry;
        messages = Counter.builder("zap.messages.stored")
                .description("Messages (06) that were stored, once for each recipient")
                .register(registry);
        entries = Counter.builder("zap.mailbox.entries.stored")
                .description("Mailbox entries of all kinds that were stored")
                .register(registry);
        confirmed = Counter.builder("zap.mailbox.entries.confirmed")
                .description("Mailbox entries that were confirmed as given to their owners")
                .register(registry);
        failures = Counter.builder("zap.writer.failures")
                .description("Transactions that failed in the database and were tried again")
                .register(registry);
        losses = Counter.builder("zap.writer.losses")
                .description("Times that the database had lost batches that it had confirmed, as after a failover to an"
                        + " asynchronous standby")
                .register(registry);
        batchSize = DistributionSummary.builder("zap.writer.batch.size")
                .description("Writes that shared one commit")
                .baseUnit("writes")
                .serviceLevelObjectives(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
                .register(registry);
        commit = Timer.builder("zap.writer.commit")
                .description("Time from the begin of a transaction to its commit")
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofNanos(100_000))
                .maximumExpectedValue(Duration.ofSeconds(10))
                .register(registry);
        locks = Timer.builder("zap.writer.locks")
                .description("Time to lock the rows of a batch whose entries the database places, of which other nodes"
                        + " may have held some")
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofNanos(100_000))
                .maximumExpectedValue(Duration.ofSeconds(10))
                .register(registry);
        for (Attempt.Form form : Attempt.Form.values()) {
            batches.put(
                    form,
                    Counter.builder("zap.writer.batches")
                            .description("Batches that were stored: at positions that this node gave (alone), that the"
                                    + " database gave because other nodes append, too (shared), or that were read under"
                                    + " locks (locked)")
                            .tag("form", form.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
        for (Attempt.Result result : Attempt.Result.values()) {
            if (result != Attempt.Result.STORED) {
                retries.put(
                        result,
                        Counter.builder("zap.writer.retries")
                                .description("Attempts that stored nothing and were decided again: another node had"
                                        + " stored first (disturbed), a cached row was out of date (stale), or a decision"
                                        + " needed locks (needs_locks)")
                                .tag("cause", result.name().toLowerCase(Locale.ROOT))
                                .register(registry));
            }
        }
        Gauge.builder("zap.mailbox.backlog", backlog, AtomicLong::doubleValue)
                .description("Mailbox entries that wait for their owners, in all mailboxes together")
                .baseUnit("entries")
                .register(registry);
    }

    void watch(WriteQueue queue) {
        Gauge.builder("zap.writer.queue", queue, WriteQueue::size)
                .description("Writes that wait for the next commit")
                .baseUnit("writes")
                .register(registry);
    }

    /**
     * Counts the backlog once, at the start, and follows it from there, because the sum over a large table is too slow
     * for every scrape.
     */
    void startBacklog(long waiting) {
        backlog.set(waiting);
    }

    void committed(Batch batch, int writes, long nanos) {
        long delivers = batch.newEntries().stream()
                .filter(entry -> switch (entry.item().frame()) {
                    case Frame.Deliver _, Frame.Message _ -> true;
                    case Frame.Delivered _, Frame.ReadReceipt _, Frame.GroupCreated _ -> false;
                })
                .count();
        messages.increment((double) delivers);
        entries.increment(batch.newEntries().size());
        confirmed.increment((double) batch.confirmedEntries());
        backlog.addAndGet(batch.newEntries().size() - batch.confirmedEntries());
        batchSize.record(writes);
        commit.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** Counts an attempt that stored nothing and did not fail either. */
    void attempted(Attempt.Result result) {
        @Nullable Counter retry = retries.get(result);
        if (retry != null) {
            retry.increment();
        }
    }

    /**
     * Counts a batch that was stored.
     *
     * @param lockNanos the time that it took to lock the rows in the shared form
     */
    void stored(Attempt.Form form, long lockNanos) {
        Objects.requireNonNull(batches.get(form)).increment();
        if (form == Attempt.Form.SHARED) {
            locks.record(lockNanos, TimeUnit.NANOSECONDS);
        }
    }

    /** Counts sessions that have begun here after one on another node. */
    void movedHere(int sessions) {
        movedHere.add(sessions);
    }

    long movedHere() {
        return movedHere.sum();
    }

    void failed() {
        failures.increment();
    }

    void lost() {
        losses.increment();
    }
}
