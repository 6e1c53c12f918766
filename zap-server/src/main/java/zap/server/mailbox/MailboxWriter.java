package zap.server.mailbox;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.support.TransactionTemplate;
import zap.protocol.Reason;
import zap.server.tracing.Tracing;

/**
 * The group commit: one thread that takes all writes that came during its last commit, and stores them in one
 * transaction. A single write is stored at once.
 *
 * <p>It handles these failures:
 *
 * <ul>
 *   <li>The database is down, full, or ends our transaction: the batch is tried again until it is stored, and no
 *       further writes are taken meanwhile. When the connection was lost during the commit, the database is first asked
 *       whether it committed.
 *   <li>The database has lost batches that it had confirmed, as after a failover to an asynchronous standby: this is
 *       logged, and the sessions begin anew. Each batch is stored only if the database knows the one before it.
 *   <li>One write cannot be stored: the batch is split until that write is alone, and only that one is refused.
 * </ul>
 */
@Component
class MailboxWriter implements SmartLifecycle {

    /** Starts before the listeners, and stops after them. */
    static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 200;

    private static final Logger log = LoggerFactory.getLogger(MailboxWriter.class);

    /**
     * Capacity of the caches, in clients. Far more than a batch can touch, so that no client is dropped while its batch
     * is running.
     */
    private static final int CACHED_CLIENTS = 100_000;

    private static final String DISK_FULL = "53100";

    /** Time for which the database gives entries their positions after another node has interfered. */
    private static final Duration DISTURBED_FOR = Duration.ofSeconds(1);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    /** Maximum time until an idle writer notices that it is to stop. */
    private static final Duration STOP_CHECK = Duration.ofMillis(100);

    private static final Duration STOP_WITHIN = Duration.ofSeconds(10);
    private static final Duration REMOVED_WITHIN = Duration.ofSeconds(2);

    private final MailboxRepository repository;
    private final MailArrivals arrivals;
    private final TransactionTemplate transactions;
    private final WriterMeters meters;
    private final Tracing tracing;
    private final MailboxProperties properties;
    private final WriteQueue queue;
    private final ConcurrentLinkedQueue<ClientMail> learned = new ConcurrentLinkedQueue<>();
    private final ReceiptLedgers ledgers = new ReceiptLedgers(CACHED_CLIENTS);
    private final CounterCache counterCache = new CounterCache(CACHED_CLIENTS);

    /** The number under which the database knows this writer, since the start. */
    private volatile long writer;
    /** Number of transactions begun since then. Belongs to the writer's thread. */
    private long attempts;
    /** The greatest number of a batch that the database has confirmed since then. Belongs to the writer's thread. */
    private long confirmed;

    private volatile @Nullable Thread thread;
    private volatile boolean stopping;
    /** The listener for mail of other nodes' clients; null while no other node stores in the same database. */
    private volatile @Nullable MailElsewhere elsewhere;

    /** The last time that another node had stored something for a client that is here. Of the writer's thread. */
    private long disturbedNanos = System.nanoTime() - DISTURBED_FOR.toNanos();

    private Duration disturbedFor = DISTURBED_FOR;

    private volatile @Nullable String trouble;
    private volatile @Nullable String loss;

    MailboxWriter(
            MailboxRepository repository,
            MailArrivals arrivals,
            PlatformTransactionManager transactionManager,
            WriterMeters meters,
            Tracing tracing,
            MailboxProperties properties) {
        this.repository = repository;
        this.arrivals = arrivals;
        this.transactions = new TransactionTemplate(transactionManager);
        this.meters = meters;
        this.tracing = tracing;
        this.properties = properties;
        this.queue = new WriteQueue(properties.maxQueued(), properties.confirmWithin());
        meters.watch(queue);
    }

    /** Puts a write into the queue. */
    void submit(Write write) throws InterruptedException {
        if (write instanceof ConfirmWrite confirmation) {
            queue.confirm(confirmation);
        } else {
            queue.put(write);
        }
    }

    boolean awaitStored(Duration timeout) throws InterruptedException {
        long until = System.nanoTime() + timeout.toNanos();
        var barrier = new Barrier();
        return queue.offer(barrier, timeout) && barrier.passed.await(until - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    /** Returns the number under which the database knows this writer. A writer that starts again has another. */
    long number() {
        return writer;
    }

    /** Sets the listener for mail of other nodes' clients; null while no other node stores in the same database. */
    void share(@Nullable MailElsewhere listener) {
        elsewhere = listener;
    }

    /**
     * Sets for how long the database gives entries their positions after another node has interfered. For tests, to
     * which a second is long.
     */
    void setDisturbedFor(Duration time) {
        disturbedFor = time;
    }

    /** Returns how many sessions have begun here whose clients had their last session on another node. */
    long sessionsMovedHere() {
        return meters.movedHere();
    }

    /** Takes over what a session has read from the log, or another node has handed over. */
    void learn(long client, List<MailboxItem> mail) {
        if (elsewhere != null && !mail.isEmpty()) {
            learned.add(new ClientMail(client, mail));
        }
    }

    /** Describes for an operator why the writer cannot store; null when it can. */
    @Nullable
    String trouble() {
        @Nullable Thread current = thread;
        if (current == null || !current.isAlive()) {
            return "the writer is not running";
        }
        return trouble;
    }

    /** Describes for an operator what the database has lost since the start; null for nothing. */
    @Nullable
    String loss() {
        return loss;
    }

    @Override
    public void start() {
        meters.startBacklog(repository.waiting());
        register();
        stopping = false;
        queue.setDraining(false);
        // A platform thread, because it must not wait for a processor behind thousands of sessions when it has work.
        thread = Thread.ofPlatform().name("mailbox-writer").start(this::run);
    }

    /** Gets this writer a number. */
    void register() {
        writer = repository.registerWriter();
    }

    /** Stores the submitted writes, for a bounded time, and ends. */
    @Override
    public void stop() {
        stopping = true;
        queue.setDraining(true);
        @Nullable Thread current = thread;
        if (current == null) {
            return;
        }
        try {
            if (!current.join(STOP_WITHIN)) {
                log.error(
                        "Stopping although {} writes could not be stored within {} s: {}",
                        queue.size(),
                        STOP_WITHIN.toSeconds(),
                        Objects.requireNonNullElse(trouble, "the database has not answered"));
                current.interrupt();
                current.join(Duration.ofSeconds(1));
            } else {
                // Its commit may wait for a standby that is away, and a server that is to stop must not wait with it.
                Thread.startVirtualThread(this::removeWriter).join(REMOVED_WITHIN);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread = null;
    }

    private void removeWriter() {
        try {
            repository.removeWriter(writer);
        } catch (DataAccessException e) {
            log.debug("A row is left in table writer, where it does no harm: {}", e.getMessage());
        }
    }

    @Override
    public boolean isRunning() {
        return thread != null;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    private void run() {
        var batch = new ArrayList<Write>(properties.maxBatch());
        try {
            while (true) {
                queue.take(batch, properties.maxBatch(), STOP_CHECK);
                takeOverLearned();
                if (!batch.isEmpty()) {
                    store(batch);
                    batch.clear();
                } else if (stopping) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Takes over what sessions have read or are given. It is there before their clients can confirm it. Called on the
     * writer's own thread; a test may be that thread.
     */
    void takeOverLearned() {
        for (ClientMail one = learned.poll(); one != null; one = learned.poll()) {
            takeOver(one.client(), one.mail());
        }
    }

    private void takeOver(long client, List<MailboxItem> mail) {
        ledgers.learn(client, mail);
        @Nullable Counters known = counterCache.get(client);
        if (known != null) {
            counterCache.put(
                    List.of(known.withTail(Math.max(known.tail, mail.getLast().position()))));
        }
    }

    /**
     * Stores the writes in as many transactions as it takes. Returns when each write is stored or refused. Called on
     * the writer's own thread; a test may be that thread.
     */
    void store(List<Write> submitted) throws InterruptedException {
        var event = BatchEvent.begun();
        int attempted = 0;
        List<Write> writes = submitted;
        Duration pause = FIRST_PAUSE;
        boolean locking = writes.stream().anyMatch(Write::needsTransaction);
        while (true) {
            var attempt = attempt(writes);
            attempted++;
            long started = System.nanoTime();
            try {
                Attempt.Result result = locking ? withLocks(attempt) : attempt.withoutLocks(isUndisturbed());
                meters.attempted(result);
                if (result == Attempt.Result.DISTURBED) {
                    attempt.dropCached();
                    disturbedNanos = System.nanoTime();
                    continue;
                }
                if (result != Attempt.Result.STORED) {
                    // The next attempt locks the rows and decides by their current values.
                    attempt.dropCached();
                    locking = true;
                    // A mailbox may seem full only because confirmations still wait in the queue. They go first, so
                    // that no write is refused for that.
                    writes = Stream.concat(queue.takeConfirmations().stream(), writes.stream())
                            .toList();
                    continue;
                }
            } catch (MailboxStatements.BatchesLostException e) {
                attempt.dropCached();
                lost(e);
                locking = true;
                continue;
            } catch (RuntimeException e) {
                attempt.dropCached();
                if (isFaultOfOneWrite(e)) {
                    split(writes, e);
                    return;
                }
                meters.failed();
                troubled(e);
                Thread.sleep(pause); // the database needs time to recover, and more requests would only load it
                pause = Duration.ofMillis(Math.min(pause.toMillis() * 2, LONGEST_PAUSE.toMillis()));
                if (!attempt.mayHaveCommitted() || !hasCommitted(attempt.name())) {
                    continue;
                }
                if (attempt.isPlacedByDatabase()) {
                    readPlaces(attempt);
                }
            }
            long stored = System.nanoTime();
            meters.committed(attempt.batch(), writes.size(), stored - started);
            succeeded(attempt);
            event.reported(attempt, writes, attempted, stored);
            return;
        }
    }

    private boolean isUndisturbed() {
        return System.nanoTime() - disturbedNanos >= disturbedFor.toNanos();
    }

    private Attempt attempt(List<Write> writes) {
        var name = new MailboxStatements.BatchName(writer, ++attempts, confirmed);
        return new Attempt(
                writes, name, repository, ledgers, counterCache, arrivals, elsewhere, tracing, properties.maxWaiting());
    }

    private Attempt.Result withLocks(Attempt attempt) {
        return Objects.requireNonNull(transactions.execute(status -> {
            Attempt.Result result = attempt.withLocks();
            if (result != Attempt.Result.STORED) {
                status.setRollbackOnly();
            }
            return result;
        }));
    }

    private void succeeded(Attempt attempt) {
        if (trouble != null) {
            trouble = null;
            log.info("Storing again");
        }
        if (attempt.mayHaveCommitted()) {
            confirmed = attempt.name().number();
            meters.stored(attempt.form(), attempt.lockNanos());
        }
        if (elsewhere != null) {
            meters.movedHere(attempt.batch().movedHere());
        }
        attempt.updateCaches();
        attempt.report();
    }

    private void troubled(RuntimeException e) {
        Throwable root = rootOf(e);
        String cause = root.getMessage() == null ? root.toString() : root.getMessage();
        if (root instanceof SQLException sql && DISK_FULL.equals(sql.getSQLState())) {
            cause = "the disk is full, and all writes wait until it has free space (" + cause + ")";
        }
        if (trouble == null) {
            log.error("Cannot store messages at the moment, senders have to wait: {}", cause);
        }
        trouble = "messages cannot be stored: " + cause;
    }

    /**
     * Reports that the database has lost batches that it had confirmed, and goes on with what it has. Everything that
     * is cached may be of a history that does not exist any more.
     */
    private void lost(MailboxStatements.BatchesLostException e) throws InterruptedException {
        boolean isForgotten = e.known() == MailboxStatements.NO_ROW;
        String what = "The database has lost messages that it had confirmed: it confirmed this server's batches up to "
                + e.confirmed() + ", and knows " + (isForgotten ? "none" : "those up to " + e.known());
        loss = what;
        meters.lost();
        log.error(
                "{}. It was failed over to a standby that did not have them yet, or restored. Assured clients find out and"
                        + " send again what is missing; base clients cannot. See docs/runbook.md, \"What an asynchronous"
                        + " failover loses\"",
                what);
        counterCache.clear();
        ledgers.clear();
        arrivals.historyLost();
        confirmed = isForgotten ? 0 : e.known();
        if (isForgotten) {
            registerAgain();
        }
    }

    /** Takes another number, because the database may give this one to another server. */
    private void registerAgain() throws InterruptedException {
        while (true) {
            try {
                register();
                return;
            } catch (DataAccessException | TransactionException e) {
                meters.failed();
                troubled(e);
                Thread.sleep(LONGEST_PAUSE); // see the pause in store()
            }
        }
    }

    private void split(List<Write> writes, RuntimeException e) throws InterruptedException {
        if (writes.size() == 1) {
            log.error("A write could not be stored and was refused: {}", writes.getFirst(), e);
            @Nullable Write instead = writes.getFirst().whenImpossible();
            if (instead == null) {
                writes.getFirst().settled(WriteOutcome.refused(Reason.BAD_TEXT));
            } else {
                store(List.of(instead));
            }
            return;
        }
        int middle = writes.size() / 2;
        store(List.copyOf(writes.subList(0, middle)));
        store(List.copyOf(writes.subList(middle, writes.size())));
    }

    /** Waits until the database reports the outcome of a batch whose connection was lost during the commit. */
    private boolean hasCommitted(MailboxStatements.BatchName batch) throws InterruptedException {
        while (true) {
            try {
                long instead = ++attempts;
                switch (repository.fateOf(batch, instead)) {
                    case COMMITTED -> {
                        return true;
                    }
                    case ABORTED -> {
                        confirmed = instead;
                        return false;
                    }
                    case IN_PROGRESS -> {}
                }
            } catch (MailboxStatements.BatchesLostException e) {
                lost(e);
                return false;
            } catch (DataAccessException | TransactionException e) {
                meters.failed(); // the time of an outage is spent in this loop, and the metric must show that it lasts
                troubled(e);
            }
            Thread.sleep(LONGEST_PAUSE); // see the pause in store()
        }
    }

    private void readPlaces(Attempt attempt) throws InterruptedException {
        while (true) {
            try {
                attempt.readPlaces();
                return;
            } catch (DataAccessException | TransactionException e) {
                meters.failed();
                troubled(e);
            }
            Thread.sleep(LONGEST_PAUSE); // see the pause in store()
        }
    }

    /**
     * Returns whether one write caused the failure. SQL states of class 22 (data) and 23 (constraint) concern a row,
     * and so does a bug of ours; all others concern the database.
     */
    private static boolean isFaultOfOneWrite(RuntimeException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                @Nullable String state = sql.getSQLState();
                return state != null && (state.startsWith("22") || state.startsWith("23"));
            }
        }
        return !(e instanceof DataAccessException || e instanceof TransactionException);
    }

    /**
     * Returns the root cause. When the rollback failed too, because the connection was broken, returns what broke the
     * connection.
     */
    private static Throwable rootOf(RuntimeException e) {
        @Nullable
        Throwable original = e instanceof TransactionSystemException both ? both.getOriginalException() : null;
        Throwable root = original == null ? e : original;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    /** A write that stores nothing. It has passed when every earlier write is stored and its mail has been reported. */
    private static final class Barrier implements Write {

        private final CountDownLatch passed = new CountDownLatch(1);

        @Override
        public boolean followsConfirmations() {
            return true;
        }

        @Override
        public void touch(LongConsumer clients) {
            // It concerns no client.
        }

        @Override
        public WriteOutcome apply(Batch batch) {
            return WriteOutcome.STORED;
        }

        @Override
        public void settled(WriteOutcome outcome) {
            // Reported by told(), which comes later.
        }

        @Override
        public void mailReported() {
            passed.countDown();
        }
    }
}
