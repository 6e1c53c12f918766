package zap.server.mailbox;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
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
    private final AtomicLong backlog = new AtomicLong();

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

    void failed() {
        failures.increment();
    }

    void lost() {
        losses.increment();
    }
}
